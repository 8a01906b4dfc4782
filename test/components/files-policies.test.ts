import { brokerTrust, filesPolicy, SESSION_TAG, tlsOnly } from "../../components/files-policies";
import { defaultTags } from "../../components/tags";
import { applicationPolicy, tenantPolicy } from "../../components/vault-policies";

const BUCKET = { bucketArn: "arn:aws:s3:::files", region: "eu-west-1" };
const BROKER = "arn:aws:iam::111122223333:role/session-broker";
const UUID = "9b2f0c1e-5a77-5c3c-9d7e-0f1a2b3c4d5e";
const OWN = `t/\${aws:PrincipalTag/${SESSION_TAG}}/`;

/** IAM's StringLike: `?` is one character, `*` any number. */
function like(pattern: unknown, text: string): boolean {
  const escaped = String(pattern).replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(text);
}

test("a session reaches the objects under its own tenant's prefix, by its tag alone", () => {
  const [list, use, ...rest] = filesPolicy(BUCKET).Statement;
  expect(rest).toEqual([]);
  expect(list).toMatchObject({ Action: "s3:ListBucket", Resource: BUCKET.bucketArn });
  expect(list?.Condition).toMatchObject({ StringLike: { "s3:prefix": `${OWN}*` } });
  expect(use).toMatchObject({ Resource: `${BUCKET.bucketArn}/${OWN}*` });
});

test("every permission requires that the session has the tag", () => {
  const statements = filesPolicy({ ...BUCKET, keyArn: "arn:aws:kms:eu-west-1:111122223333:key/1" }).Statement;
  expect(statements).toHaveLength(3);
  for (const { Condition } of statements) {
    expect(Condition).toMatchObject({ Null: { [`aws:PrincipalTag/${SESSION_TAG}`]: "false" } });
  }
});

test("no permission is for all actions or all resources", () => {
  const statements = filesPolicy({ ...BUCKET, keyArn: "arn:aws:kms:eu-west-1:111122223333:key/1" }).Statement;
  expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([]);
  expect(statements.map(({ Resource }) => Resource)).not.toContain("*");
});

test("a key serves through S3 of the bucket's region alone", () => {
  const [, , key] = filesPolicy({ ...BUCKET, keyArn: "arn:aws:kms:eu-west-1:111122223333:key/1" }).Statement;
  expect(key?.Condition).toMatchObject({ StringEquals: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } });
});

test("the broker alone opens sessions, with the one tag and no other", () => {
  const [statement, ...rest] = brokerTrust(BROKER).Statement;
  expect(rest).toEqual([]);
  expect(statement).toMatchObject({ Principal: { AWS: BROKER }, Action: ["sts:AssumeRole", "sts:TagSession"] });
  expect(statement?.Condition).toMatchObject({
    Null: { [`aws:RequestTag/${SESSION_TAG}`]: "false" },
    "ForAllValues:StringEquals": { "aws:TagKeys": [SESSION_TAG] },
  });
});

test("a session's tag is a tenant's id: no part of a path, no empty word", () => {
  const pattern = brokerTrust(BROKER).Statement[0]?.Condition?.StringLike?.[`aws:RequestTag/${SESSION_TAG}`];
  expect(like(pattern, UUID)).toBe(true);
  for (const value of ["", UUID.slice(1), `${UUID}/`, "t", `../${UUID}`]) expect(like(pattern, value)).toBe(false);
});

test("sessions for a bucket of one tenant are for that tenant", () => {
  const [statement] = brokerTrust(BROKER, UUID).Statement;
  expect(statement?.Condition).toMatchObject({ StringEquals: { [`aws:RequestTag/${SESSION_TAG}`]: UUID } });
});

test("only TLS 1.2 and newer reaches a bucket", () => {
  for (const { Effect, Resource } of tlsOnly(BUCKET.bucketArn).Statement) {
    expect({ Effect, Resource }).toEqual({ Effect: "Deny", Resource: [BUCKET.bucketArn, `${BUCKET.bucketArn}/*`] });
  }
  expect(tlsOnly(BUCKET.bucketArn).Statement.map(({ Condition }) => Condition)).toEqual([
    { Bool: { "aws:SecureTransport": "false" } },
    { NumericLessThan: { "s3:TlsVersion": "1.2" } },
  ]);
});

test("no tag of ours can be taken for the session tag", () => {
  for (const key of Object.keys(defaultTags("dev", "platform"))) expect(key).toMatch(/^tenantry:/);
  expect(SESSION_TAG).not.toMatch(/^tenantry:/);
});

test("a pod reads the secret of the tenant whose namespace it is in, and the application those of cells", () => {
  expect(tenantPolicy("secret", "auth_1")).toBe(
    'path "secret/data/tenants/{{identity.entity.aliases.auth_1.metadata.service_account_namespace}}/db" {\n  capabilities = ["read"]\n}\n',
  );
  const paths = [...applicationPolicy("secret").matchAll(/path "([^"]+)"/g)].map(([, path]) => path);
  expect(paths).toEqual(["secret/data/cells/+/app", "secret/data/cells/+/context"]);
});
