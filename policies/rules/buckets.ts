/** What S3 leaves open, or to a second resource that somebody may forget. */
import { isRehearsal } from "../config";
import { isOrMayBe, UNKNOWN, valuesOf } from "../plain";
import { resourceRule, type Subject, stackRule } from "../rule";

const BUCKETS: readonly string[] = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"];
const ACLS: readonly string[] = ["aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2"];
const BLOCKS: readonly string[] = [
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
];
const OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls";
const OPEN_ACLS: readonly unknown[] = ["public-read", "public-read-write", "authenticated-read"];
const CLOSED = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"] as const;

export const noPublicBucket = resourceRule({
  name: "no-public-bucket",
  description:
    "No bucket has a public ACL, every block of public access is closed on all four sides, and where ownership is written it is BucketOwnerEnforced, which ends ACLs.",
  severity: "critical",
  remediation: `Leave ACLs out, write BucketOwnerEnforced, and set ${CLOSED.join(", ")} to true`,
  concerns: ({ type }) => [...BUCKETS, ...ACLS, ...BLOCKS, OWNERSHIP].includes(type),
  check: ({ type, props }) => {
    if (type === OWNERSHIP) {
      const { objectOwnership } = valuesOf(props.rule);
      return isOrMayBe(objectOwnership, "BucketOwnerEnforced") ? [] : ["objectOwnership must be BucketOwnerEnforced"];
    }
    if (!BLOCKS.includes(type)) return OPEN_ACLS.includes(props.acl) ? [`The ACL ${String(props.acl)} is public`] : [];
    return CLOSED.filter((side) => !isOrMayBe(props[side], true)).map((side) => `${side} must be true`);
  },
});

interface Guard {
  readonly what: string;
  readonly types: readonly string[];
  /** What the guarding resource must say. */
  readonly says?: (guard: Subject) => boolean;
}

const settings = (name: string): readonly string[] => {
  const file = name.charAt(0).toLowerCase() + name.slice(1);
  return [`aws:s3/${file}:${name}`, `aws:s3/${file}V2:${name}V2`];
};

const GUARDS: readonly Guard[] = [
  { what: "a block of public access", types: settings("BucketPublicAccessBlock") },
  { what: "encryption", types: settings("BucketServerSideEncryptionConfiguration") },
  { what: "a policy that refuses what comes without TLS", types: settings("BucketPolicy"), says: refusesPlainText },
];

/** In a bucket that keeps what was deleted, as one for people's files must. */
const VERSIONS: Guard = { what: "versions", types: settings("BucketVersioning") };

export const bucketGuards = stackRule({
  name: "bucket-guards",
  description:
    "Every bucket has a block of public access, encryption and a policy that refuses plain text; outside of rehearsals also versions, unless it keeps logs.",
  severity: "high",
  remediation: "Make the missing setting beside the bucket, with the bucket's output `bucket` as its input",
  config: {
    properties: {
      rehearsal: { type: "boolean", description: "The stack may be thrown away with everything in it", default: false },
    },
  },
  concerns: ({ type }) => BUCKETS.includes(type),
  check: (bucket, config, stack) => {
    const mine = stack.filter((each) => isOfBucket(each, bucket));
    const guards = isRehearsal(config) || keepsLogs(bucket, stack) ? GUARDS : [...GUARDS, VERSIONS];
    return guards
      .filter(({ types, says = () => true }) => !mine.some((each) => types.includes(each.type) && says(each)))
      .map(({ what }) => `It has no ${what.replace(/^an? /, "")}`);
  },
});

/** A setting names its bucket, or is made from it while the name is not known yet. */
function isOfBucket({ props, madeFrom }: Subject, bucket: Subject): boolean {
  if (typeof props.bucket === "string") return props.bucket === bucket.props.bucket || props.bucket === bucket.props.id;
  return madeFrom.includes(bucket.urn);
}

/** Access logs are delivered once and never overwritten. */
const keepsLogs = (bucket: Subject, stack: readonly Subject[]): boolean =>
  stack.some(({ type, props, madeFrom }) => {
    if (!settings("BucketLogging").includes(type)) return false;
    return typeof props.targetBucket === "string"
      ? props.targetBucket === bucket.props.bucket && props.bucket !== props.targetBucket
      : madeFrom.includes(bucket.urn) && props.bucket !== bucket.props.bucket;
  });

function refusesPlainText({ props: { policy } }: Subject): boolean {
  if (policy === UNKNOWN) return true;
  const text = typeof policy === "string" ? policy : JSON.stringify(policy ?? "");
  return text.includes("aws:SecureTransport") && text.includes('"Deny"');
}
