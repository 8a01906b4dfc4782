/** `npm run policies:types`: writes the list of AWS resources that carry tags, from the typings of @pulumi/aws. A test compares. */
import { writeFileSync } from "node:fs";
import { readTaggableTypes, TAGGABLE_FILE } from "./taggable-types";

writeFileSync(TAGGABLE_FILE, `${JSON.stringify(readTaggableTypes(), undefined, 2)}\n`);
