/** For every rule, what turns it red: the same estate with one thing spoiled, in our own resources and beside them. */
import { isValues } from "../../policies/plain";
import { beside, type EstateOfStack, find, ofType, spoil, tagged, without } from "./estate";

export interface Control {
  readonly rule: string;
  readonly name: string;
  readonly spoil: (estate: EstateOfStack) => EstateOfStack;
  /** What the one violation says. */
  readonly says: string;
}

const SERVER = "aws:rds/instance:Instance";
const BUCKET = "aws:s3/bucket:Bucket";
const KEY = "aws:kms/key:Key";
const PLAN = "aws:backup/plan:Plan";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";

/** A server that stays, and is no replica. */
const server = ofType(SERVER, ({ props, protect }) => protect && props.replicateSourceDb === undefined);
const shared: typeof server = (each) => server(each) && !each.urn.includes("DedicatedTenant");
/** A dedicated tenant's server whose backups are copied. */
const copied: typeof server = (each) => server(each) && !shared(each) && /\.\w+-\w+-\d/.test(backupOf(each.props));
const backupOf = ({ tags }: { readonly tags?: unknown }) => (isValues(tags) ? String(tags["tenantry:backup"]) : "");
const ofBucket = (type: string) => ofType(type);
const statement = (parts: object) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::x/*", ...parts }],
  });
const policyWith = (parts: object) => (estate: EstateOfStack) =>
  spoil(estate, ofType(ROLE_POLICY), { props: { policy: statement(parts) } });
const rangeOpen = (ingress: object) => (estate: EstateOfStack) =>
  spoil(estate, ofType(GROUP), { props: { ingress: [{ protocol: "tcp", fromPort: 5432, toPort: 5432, ...ingress }] } });

export const CONTROLS: readonly Control[] = [
  {
    rule: "encryption-at-rest",
    name: "a server without encryption",
    spoil: (estate) => spoil(estate, server, { props: { storageEncrypted: false } }),
    says: "storageEncrypted must be true",
  },
  {
    rule: "encryption-at-rest",
    name: "a server with AWS's own key",
    spoil: (estate) => spoil(estate, server, { props: { kmsKeyId: undefined } }),
    says: "kmsKeyId must name a KMS key",
  },
  {
    rule: "encryption-at-rest",
    name: "a queue beside ours",
    spoil: (estate) => beside(estate, "aws:sqs/queue:Queue", {}),
    says: "sqsManagedSseEnabled",
  },
  {
    rule: "encryption-at-rest",
    name: "a bucket with a key and no bucket key",
    spoil: (estate) =>
      spoil(
        estate,
        ofBucket("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"),
        { props: { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } }] } },
      ),
    says: "bucketKeyEnabled",
  },
  {
    rule: "kms-key-rotation",
    name: "a key that never rotates",
    spoil: (estate) => spoil(estate, ofType(KEY), { props: { enableKeyRotation: false } }),
    says: "enableKeyRotation must be true",
  },
  {
    rule: "rds-requires-tls",
    name: "a server that takes plain text",
    spoil: (estate) =>
      spoil(estate, ofType("aws:rds/parameterGroup:ParameterGroup"), {
        props: { parameters: [{ name: "rds.force_ssl", value: "0" }] },
      }),
    says: "rds.force_ssl must be 1",
  },
  {
    rule: "no-public-server",
    name: "a server with a public address",
    spoil: (estate) => spoil(estate, server, { props: { publiclyAccessible: true } }),
    says: "publiclyAccessible must be false",
  },
  {
    rule: "no-open-ingress",
    name: "0.0.0.0/0",
    spoil: rangeOpen({ cidrBlocks: ["10.0.0.0/8", "0.0.0.0/0"] }),
    says: "0.0.0.0/0",
  },
  { rule: "no-open-ingress", name: "::/0", spoil: rangeOpen({ ipv6CidrBlocks: ["::/0"] }), says: "::/0" },
  {
    rule: "no-open-ingress",
    name: "half of the internet, in a rule beside ours",
    spoil: (estate) =>
      beside(estate, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", { cidrIpv4: "128.0.0.0/1" }),
    says: "128.0.0.0/1",
  },
  {
    rule: "no-public-bucket",
    name: "a block that is open on one side",
    spoil: (estate) => spoil(estate, ofType(BLOCK), { props: { restrictPublicBuckets: false } }),
    says: "restrictPublicBuckets must be true",
  },
  {
    rule: "no-public-bucket",
    name: "a public ACL",
    spoil: (estate) => spoil(estate, ofType(BUCKET), { props: { acl: "public-read" } }),
    says: "public-read is public",
  },
  {
    rule: "no-public-bucket",
    name: "a bucket beside ours whose writers own what they write",
    spoil: (estate) =>
      beside(estate, "aws:s3/bucketOwnershipControls:BucketOwnershipControls", {
        rule: { objectOwnership: "ObjectWriter" },
      }),
    says: "objectOwnership must be BucketOwnerEnforced",
  },
  {
    rule: "bucket-guards",
    name: "a bucket without a block of public access",
    spoil: (estate) => without(estate, ofType(BLOCK)),
    says: "It has no block of public access",
  },
  {
    rule: "bucket-guards",
    name: "a bucket's policy that lets plain text in",
    spoil: (estate) =>
      spoil(estate, ofType("aws:s3/bucketPolicy:BucketPolicy"), { props: { policy: statement({ Effect: "Deny" }) } }),
    says: "It has no policy that refuses what comes without TLS",
  },
  { rule: "no-wildcard-access", name: "every action", spoil: policyWith({ Action: "*" }), says: "it allows *" },
  {
    rule: "no-wildcard-access",
    name: "every action of a service, among others",
    spoil: policyWith({ Action: ["s3:GetObject", "kms:*"] }),
    says: "it allows kms:*",
  },
  {
    rule: "no-wildcard-access",
    name: "everybody",
    spoil: policyWith({ Principal: { AWS: ["*"] } }),
    says: "it is for everybody",
  },
  {
    rule: "no-wildcard-access",
    name: "everybody, with a condition that says nothing about who calls",
    spoil: policyWith({ Principal: "*", Condition: { StringLike: { "aws:PrincipalArn": "*" } } }),
    says: "it is for everybody",
  },
  {
    rule: "no-wildcard-access",
    name: "everybody, unless the key is there and differs",
    spoil: policyWith({ Principal: "*", Condition: { StringEqualsIfExists: { "aws:PrincipalOrgID": "o-1" } } }),
    says: "it is for everybody",
  },
  {
    rule: "no-wildcard-access",
    name: "NotAction",
    spoil: policyWith({ Action: undefined, NotAction: "iam:*" }),
    says: "NotAction allows whatever is not in it",
  },
  {
    rule: "no-wildcard-access",
    name: "everything for a whole other account, outside of a key's policy",
    spoil: policyWith({ Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "s3:*" }),
    says: "it allows s3:*",
  },
  {
    rule: "no-wildcard-access",
    name: "a key's policy for everything, for a role",
    spoil: (estate) =>
      spoil(estate, ofType(KEY), {
        props: { policy: statement({ Principal: { AWS: "arn:aws:iam::111122223333:role/x" }, Action: "kms:*" }) },
      }),
    says: "it allows kms:*",
  },
  {
    rule: "no-wildcard-access",
    name: "a topic's policy beside ours",
    spoil: (estate) =>
      beside(estate, "aws:sns/topicPolicy:TopicPolicy", {
        policy: statement({ Principal: "*", Action: "sns:Publish" }),
      }),
    says: "it is for everybody",
  },
  {
    rule: "no-wildcard-access",
    name: "an administrator's managed policy",
    spoil: (estate) =>
      spoil(estate, ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment"), {
        props: { policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
      }),
    says: "allows a whole service or more",
  },
  {
    rule: "no-open-lambda-permission",
    name: "a function that every account's bucket may call",
    spoil: (estate) => beside(estate, "aws:lambda/permission:Permission", { principal: "s3.amazonaws.com" }),
    says: "may call it for anybody",
  },
  {
    rule: "deletion-protection",
    name: "a server that the program may delete",
    spoil: (estate) => spoil(estate, server, { protect: false }),
    says: "It must have the option protect",
  },
  {
    rule: "deletion-protection",
    name: "a server without a final snapshot",
    spoil: (estate) => spoil(estate, server, { props: { skipFinalSnapshot: true } }),
    says: "skipFinalSnapshot must be false",
  },
  {
    rule: "deletion-protection",
    name: "a server that RDS may delete",
    spoil: (estate) => spoil(estate, server, { props: { deletionProtection: undefined } }),
    says: "deletionProtection must be true",
  },
  {
    rule: "deletion-protection",
    name: "a bucket that is emptied first",
    spoil: (estate) => spoil(estate, ofType(BUCKET), { props: { forceDestroy: true } }),
    says: "forceDestroy must be false",
  },
  {
    rule: "deletion-protection",
    name: "the tenants of a cell without protection",
    spoil: (estate) =>
      spoil(
        estate,
        ofType("tenantry:index:CellTenants", ({ protect }) => protect),
        { protect: false },
      ),
    says: "It must have the option protect",
  },
  {
    rule: "deletion-protection",
    name: "the place of all secrets without protection",
    spoil: (estate) => spoil(estate, ofType("vault:index/mount:Mount"), { protect: false }),
    says: "It must have the option protect",
  },
  {
    rule: "deletion-protection",
    name: "a table beside ours",
    spoil: (estate) =>
      beside(estate, "aws:dynamodb/table:Table", {
        serverSideEncryption: { enabled: true },
        deletionProtectionEnabled: false,
      }),
    says: "deletionProtectionEnabled must be true",
  },
  {
    rule: "no-delete-before-replace",
    name: "a server that is deleted before its replacement",
    spoil: (estate) => spoil(estate, server, { deleteBeforeReplace: true }),
    says: "deletes the data first",
  },
  {
    rule: "no-delete-before-replace",
    name: "a guard whose changes are ignored",
    spoil: (estate) => spoil(estate, server, { ignoreChanges: ["deletionProtection"] }),
    says: "Changes to deletionProtection are ignored",
  },
  {
    rule: "no-delete-before-replace",
    name: "a retention that nothing but the program sets",
    spoil: (estate) => spoil(estate, shared, { ignoreChanges: ["backupRetentionPeriod"] }),
    says: "Changes to backupRetentionPeriod are ignored",
  },
  {
    rule: "backup-retention",
    name: "a server that forgets too early",
    spoil: (estate) => spoil(estate, server, { props: { backupRetentionPeriod: 7 } }),
    says: "keeps backups for 7 days",
  },
  {
    rule: "backup-retention",
    name: "a plan whose copies go too early",
    spoil: (estate) =>
      spoil(estate, ofType(PLAN), {
        props: { rules: [{ ruleName: "daily", copyActions: [{ lifecycle: { deleteAfter: 3 } }] }] },
      }),
    says: "keeps backups for 3 days",
  },
  {
    rule: "required-tags",
    name: "an owner that nobody filled in",
    spoil: (estate) => {
      const { props } = find(estate, ofType("pulumi:providers:aws"));
      const defaultTags = String(props.defaultTags).replace(/("tenantry:owner\\?":\\?)"[^"]*"/, '$1" "');
      return spoil(estate, ofType("pulumi:providers:aws"), { props: { defaultTags } });
    },
    says: "tenantry:owner",
  },
  {
    rule: "required-tags",
    name: "a server that does not say which cell it is",
    spoil: (estate) => spoil(estate, server, tagsOff(estate)),
    says: "tenantry:cell",
  },
  {
    rule: "required-tags",
    name: "a topic of a provider without default tags",
    spoil: (estate) => beside(estate, "aws:sns/topic:Topic", { kmsMasterKeyId: "alias/x" }, { provider: "" }),
    says: "tenantry:stack, tenantry:owner",
  },
  {
    rule: "region-within-residency",
    name: "a server in another region",
    spoil: (estate) =>
      spoil(estate, server, { props: tagged(find(estate, server), { "tenantry:residency": "ap-east-1" }) }),
    says: "It is in",
  },
  {
    rule: "region-within-residency",
    name: "backups that are copied to another region",
    spoil: (estate) => {
      const victim = find(estate, copied);
      const { region } = find(estate, ({ urn }) => urn === victim.provider).props;
      return spoil(estate, copied, { props: tagged(victim, { "tenantry:residency": String(region) }) });
    },
    says: "Its backup plan",
  },
];

const tagsOff = (estate: EstateOfStack) => ({
  props: tagged(find(estate, server), { "tenantry:cell": undefined }),
});
