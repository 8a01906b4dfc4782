/** The list of what AWS can tag is that of the installed @pulumi/aws. */
import { readTaggableTypes } from "../../policies/taggable-types";
import types from "../../policies/taggable-types.json";

test("the list is what the typings say: `npm run policies:types` writes it", () => {
  expect(types).toEqual(readTaggableTypes());
});

test("the typings can be read", () => {
  expect(types.length).toBeGreaterThan(800);
  for (const known of ["aws:rds/instance:Instance", "aws:s3/bucket:Bucket", "aws:sns/topic:Topic"]) {
    expect(types).toContain(known);
  }
  for (const none of ["aws:rds/proxyTarget:ProxyTarget", "aws:s3/bucketPolicy:BucketPolicy"]) {
    expect(types).not.toContain(none);
  }
});
