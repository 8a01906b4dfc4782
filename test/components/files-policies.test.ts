import { admitsAccessLogs, oneKeyOnly, tlsOnly } from "../../components/bucket-policies";
import { brokerTrust, filesPolicy, SESSION_TAG } from "../../components/files-policies";
import { type PolicyDocument, policyOf, type Statement } from "../../components/policy-document";
import { defaultTags } from "../../components/tags";
import { applicationPolicy, tenantPolicy } from "../../components/vault-policies";
import { defaultId, filesPrefix } from "../../registry/names";
import { type Context, isAllowed } from "./iam";

const ARN = "arn:aws:s3:::files";
const KEY = "arn:aws:kms:eu-west-1:111122223333:key/1";
const SESSIONS = filesPolicy({ bucketArn: ARN, region: "eu-west-1", keyArn: KEY });
const BUCKET = policyOf(...tlsOnly(ARN), ...oneKeyOnly(ARN, KEY));
const TLS = { "aws:SecureTransport": "true", "s3:TlsVersion": "1.3" };
const PRINCIPAL_TAG = `aws:PrincipalTag/${SESSION_TAG}`;

const idOf = (n: number) => defaultId(`tenant-${n}`);
const sessionOf = (id: string): Context => ({ ...TLS, [PRINCIPAL_TAG]: id });
const objectOf = (id: string) => `${ARN}/${filesPrefix(id)}invoice.pdf`;

/** Whether a session with this context may do it, by its role's policy and the bucket's together. */
const may = (action: string, resource: string, context: Context, role = SESSIONS, bucket = BUCKET) =>
  isAllowed([role, bucket], { action: `s3:${action}`, resource, context });

/** The document with every statement changed: what a control does to a guard. */
const spoilt = ({ Statement }: PolicyDocument, change: (statement: Statement) => Statement): PolicyDocument =>
  policyOf(...Statement.map(change));

/** Each statement without one condition operator. */
const without = (document: PolicyDocument, operator: string) =>
  spoilt(document, ({ Condition = {}, ...statement }) => ({
    ...statement,
    Condition: Object.fromEntries(Object.entries(Condition).filter(([name]) => name !== operator)),
  }));

describe("a session of a tenant", () => {
  const own = idOf(1);

  test("does what it needs with its own objects, and nothing else", () => {
    for (const action of ["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"]) {
      expect([action, may(action, objectOf(own), sessionOf(own))]).toEqual([action, true]);
    }
    for (const action of ["GetObjectVersion", "DeleteObjectVersion", "PutObjectAcl", "PutBucketPolicy"]) {
      expect([action, may(action, objectOf(own), sessionOf(own))]).toEqual([action, false]);
    }
  });

  test.each([10, 10_000])("reaches none of %d others', whatever their ids", (count) => {
    for (let n = 2; n < count; n += Math.ceil(count / 200)) {
      expect(may("GetObject", objectOf(idOf(n)), sessionOf(own))).toBe(false);
      expect(may("GetObject", objectOf(idOf(n)), sessionOf(idOf(n)))).toBe(true);
    }
  });

  test("lists its own prefix only", () => {
    const listing = (prefix: string) => may("ListBucket", ARN, { ...sessionOf(own), "s3:prefix": prefix });
    expect(listing(filesPrefix(own))).toBe(true);
    for (const prefix of [filesPrefix(idOf(2)), "t/", "", filesPrefix(own).slice(0, -1)]) {
      expect([prefix, listing(prefix)]).toEqual([prefix, false]);
    }
    expect(may("ListBucket", ARN, sessionOf(own))).toBe(false);
  });

  test("whose tag is no tenant's id reaches nothing", () => {
    for (const tag of ["", "../", "t", own.slice(0, 8)]) {
      expect([tag, may("GetObject", objectOf(own), sessionOf(tag))]).toEqual([tag, false]);
    }
  });

  test("without a tag is no tenant's; control: without `Null`, the place of nobody is open to it", () => {
    expect(may("GetObject", objectOf(own), TLS)).toBe(false);
    // IAM leaves a variable that has no value as it stands, or takes it for empty: both are no tenant's id.
    const literal = (document: PolicyDocument): PolicyDocument =>
      JSON.parse(JSON.stringify(document).replaceAll(`\${${PRINCIPAL_TAG}}`, ""));
    const nobody = `${ARN}/t//x`;
    expect(may("GetObject", nobody, TLS, literal(SESSIONS))).toBe(false);
    expect(may("GetObject", nobody, TLS, literal(without(SESSIONS, "Null")))).toBe(true);
  });

  test("control: with a wider ARN it would reach others", () => {
    const wide = spoilt(SESSIONS, (statement) => ({ ...statement, Resource: [ARN, `${ARN}/*`] }));
    expect(may("GetObject", objectOf(idOf(2)), sessionOf(own), wide)).toBe(true);
    const anyPrefix = without(SESSIONS, "StringLike");
    expect(may("ListBucket", ARN, { ...sessionOf(own), "s3:prefix": "" }, anyPrefix)).toBe(true);
  });

  test("uses the bucket's key through S3 of the region alone", () => {
    const opens = (resource: string, service: string, role = SESSIONS) =>
      isAllowed([role], {
        action: "kms:Decrypt",
        resource,
        context: { ...sessionOf(own), "kms:ViaService": service },
      });
    expect(opens(KEY, "s3.eu-west-1.amazonaws.com")).toBe(true);
    expect(opens(KEY, "s3.eu-central-1.amazonaws.com")).toBe(false);
    expect(opens(KEY.replace(/1$/, "2"), "s3.eu-west-1.amazonaws.com")).toBe(false);
    expect(isAllowed([SESSIONS], { action: "kms:Decrypt", resource: KEY, context: sessionOf(own) })).toBe(false);
    expect(opens(KEY, "", without(SESSIONS, "StringEquals"))).toBe(true); // control
  });
});

describe("the bucket refuses, whoever asks,", () => {
  const own = idOf(1);
  const upload = (headers: Context, bucket = BUCKET) =>
    may("PutObject", objectOf(own), { ...sessionOf(own), ...headers }, SESSIONS, bucket);

  test("plain text and old TLS; control: without the statements they pass", () => {
    const plain = { "aws:SecureTransport": "false", [PRINCIPAL_TAG]: own };
    const old = { ...sessionOf(own), "s3:TlsVersion": "1.1" };
    const open = policyOf(...oneKeyOnly(ARN, KEY));
    for (const context of [plain, old]) {
      expect(may("GetObject", objectOf(own), context)).toBe(false);
      expect(may("GetObject", objectOf(own), context, SESSIONS, open)).toBe(true);
    }
  });

  test("objects under another key; control: without the statements they pass", () => {
    const open = policyOf(...tlsOnly(ARN));
    for (const headers of [
      { "s3:x-amz-server-side-encryption": "AES256" },
      { "s3:x-amz-server-side-encryption": "aws:kms", "s3:x-amz-server-side-encryption-aws-kms-key-id": `${KEY}2` },
      { "s3:x-amz-server-side-encryption-customer-algorithm": "AES256" },
    ]) {
      expect([headers, upload(headers)]).toEqual([headers, false]);
      expect(upload(headers, open)).toBe(true);
    }
  });

  test("but not an upload that names the bucket's own encryption, or none", () => {
    const named = {
      "s3:x-amz-server-side-encryption": "aws:kms",
      "s3:x-amz-server-side-encryption-aws-kms-key-id": KEY,
    };
    expect(upload(named)).toBe(true);
    expect(upload({})).toBe(true);
    // control: a negated operator holds for a header that is not there, and would refuse every ordinary upload
    expect(upload({}, without(BUCKET, "Null"))).toBe(false);
  });
});

test("the documents have the same size for 10 tenants as for 10,000: no tenant stands in them", () => {
  const text = JSON.stringify([SESSIONS, BUCKET, brokerTrust(BROKER)]);
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
  expect(JSON.stringify(SESSIONS).length).toBeLessThan(10_240); // IAM's limit for the policies of a role
  expect(JSON.stringify(brokerTrust(BROKER)).length).toBeLessThan(2048); // and for who may assume it
});

const BROKER = "arn:aws:iam::111122223333:role/session-broker";

describe("the broker", () => {
  const asks = (tag: string | undefined, more: Context = {}, trust = brokerTrust(BROKER)) =>
    isAllowed([trust], {
      action: "sts:AssumeRole",
      resource: "*",
      context: {
        ...(tag === undefined ? {} : { [`aws:RequestTag/${SESSION_TAG}`]: tag, "aws:TagKeys": [SESSION_TAG] }),
        ...more,
      },
    });

  test("alone opens sessions: nobody else stands in the trust policy", () => {
    for (const { Principal } of brokerTrust(BROKER).Statement) expect(Principal).toEqual({ AWS: BROKER });
  });

  test("opens one for any tenant, by the id and nothing else", () => {
    for (let n = 1; n < 10_000; n += 500) expect(asks(idOf(n))).toBe(true);
    const id = idOf(1);
    for (const tag of ["", id.slice(1), `${id}/`, "t", `../${id}`, undefined])
      expect([tag, asks(tag)]).toEqual([tag, false]);
  });

  test("adds no tag of another name; control: it could, without the condition", () => {
    const two = { "aws:TagKeys": [SESSION_TAG, "admin"] };
    expect(asks(idOf(1), two)).toBe(false);
    expect(asks(idOf(1), two, without(brokerTrust(BROKER), "ForAllValues:StringEquals"))).toBe(true);
  });

  test("opens sessions for a bucket of one tenant for that tenant alone", () => {
    const trust = brokerTrust(BROKER, idOf(1));
    expect(asks(idOf(1), {}, trust)).toBe(true);
    expect(asks(idOf(2), {}, trust)).toBe(false);
    expect(asks(idOf(2), {}, without(trust, "StringEquals"))).toBe(true); // control
  });
});

describe("access logs", () => {
  const LOGS = "arn:aws:s3:::example-test-logs-eu-west-1";
  const policy = policyOf(
    ...tlsOnly(LOGS),
    admitsAccessLogs(LOGS, { accountId: "111122223333", bucketPrefix: "example-test-" }),
  );
  const delivers = (source: string, account: string, document = policy) =>
    isAllowed([document], {
      action: "s3:PutObject",
      resource: `${LOGS}/s3/x`,
      context: {
        "aws:SecureTransport": "true",
        "aws:SourceArn": `arn:aws:s3:::${source}`,
        "aws:SourceAccount": account,
      },
    });

  test("come from buckets of the stack in the account; control: without the conditions from anybody's", () => {
    expect(delivers("example-test-files-eu-west-1", "111122223333")).toBe(true);
    expect(delivers("another-bucket", "111122223333")).toBe(false);
    expect(delivers("example-test-files-eu-west-1", "444455556666")).toBe(false);
    expect(delivers("another-bucket", "111122223333", without(policy, "ArnLike"))).toBe(true);
    expect(delivers("example-test-files-eu-west-1", "444455556666", without(policy, "StringEquals"))).toBe(true);
  });

  test("are written by S3's delivery and nobody else", () => {
    const allowed = policy.Statement.filter(({ Effect }) => Effect === "Allow");
    expect(allowed.map(({ Principal, Action }) => [Principal, Action])).toEqual([
      [{ Service: "logging.s3.amazonaws.com" }, "s3:PutObject"],
    ]);
  });
});

test("no permission is for all actions or all resources", () => {
  for (const { Action, Resource } of SESSIONS.Statement) {
    expect([Action].flat().filter((action) => action.includes("*"))).toEqual([]);
    expect(Resource).not.toBe("*");
  }
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
