/** Requests that lack what must be there: a tag, TLS, the bucket's own key, an identity. */
import type { Tags } from "../../policies/iam/caller";
import type { Keys } from "../../policies/iam/context";
import { decide } from "../../policies/iam/decide";
import { decideOnBucket } from "../../policies/iam/s3";
import { filesPrefix } from "../../registry/names";
import type { Probe, ProbeText } from "../probe";
import { attemptAll, awsCommand, type Request } from "./attempts";
import { administrator, FOR_ELSEWHERE, sessionOf, sessionOfTenant, strangersTo } from "./callers";
import { attackersIn, type Cloud, type FilesTenant } from "./cloud";
import { commandOf, nameOf, TLS } from "./objects";

const FILE = "prove";
const UNTAGGED: ProbeText = {
  name: "s3-sessions-of-nobody",
  layer: "s3",
  attack:
    "A session without the tag, with an empty one, with wildcards in it, or with the tags of its role alone reads, writes and lists a tenant's objects.",
  guard: "`Null` asks for the tag, values are no patterns, and no role has the tag.",
};

/** Whether or not anybody would open such a session: the policy has to hold by itself. */
export const sessionsOfNobody: Probe<Cloud> = {
  ...UNTAGGED,
  run: async (cloud) =>
    attemptAll(
      UNTAGGED,
      attackersIn(cloud).flatMap((victim) => byNobody(victim)),
    ),
};

function byNobody({ id, role, bucket, tags }: FilesTenant): readonly Request[] {
  const [tag = ""] = Object.keys(tags);
  const strange: readonly Tags[] = [
    {},
    ...[
      "",
      "*",
      "?".repeat(id.length),
      `${id.slice(0, 8)}*`,
      id.slice(0, -1),
      `../t/${id}`,
      "..",
      `\${aws:PrincipalTag/${tag}}`,
    ].map((value) => ({ [tag]: value })),
    { tenant: id },
    { [`${tag}2`]: id },
  ];
  return strange.flatMap((given) => {
    const caller = sessionOf(role, given);
    const who = `a session of ${role.arn} with the tags ${JSON.stringify(caller.tags)}`;
    const prefixes = tag in given ? [filesPrefix(id)] : [filesPrefix(id), "t//", "t/undefined/"];
    return prefixes.flatMap((prefix) =>
      [
        { operation: "GetObject", bucket, key: `${prefix}${FILE}` } as const,
        { operation: "PutObject", bucket, key: `${prefix}${FILE}` } as const,
        { operation: "ListObjectsV2", bucket, prefix } as const,
      ].map((request) => ({
        who,
        target: `arn:aws:s3:::${bucket.name}/${prefix}`,
        statement: commandOf(request),
        decide: () => decideOnBucket(caller, request, TLS),
      })),
    );
  });
}

const PLAIN: ProbeText = {
  name: "s3-without-tls",
  layer: "s3",
  attack: "A tenant's session, and an administrator of the account, reach a bucket without TLS, or with an old one.",
  guard: "Every bucket's policy refuses what comes in plain text, or with TLS below 1.2.",
};
const WITHOUT_TLS: readonly Keys[] = [{ "aws:SecureTransport": "false" }, { ...TLS, "s3:TlsVersion": "1.1" }];

export const withoutTls: Probe<Cloud> = {
  ...PLAIN,
  run: async (cloud) =>
    attemptAll(PLAIN, [
      ...attackersIn(cloud).flatMap((tenant) =>
        inPlainText(nameOf(tenant), sessionOfTenant(tenant), tenant.bucket, filesPrefix(tenant.id)),
      ),
      ...cloud.buckets.flatMap((bucket) =>
        inPlainText("an administrator of the account", administrator(bucket.account), bucket, ""),
      ),
    ]),
};

function inPlainText(
  who: string,
  caller: ReturnType<typeof administrator>,
  bucket: FilesTenant["bucket"],
  prefix: string,
): readonly Request[] {
  const key = `${prefix}${FILE}`;
  const requests = [
    { operation: "GetObject", bucket, key } as const,
    { operation: "PutObject", bucket, key } as const,
    { operation: "ListObjectsV2", bucket, prefix } as const,
  ];
  return WITHOUT_TLS.flatMap((keys) =>
    requests.map((request) => ({
      who,
      target: `arn:aws:s3:::${bucket.name}/${prefix}`,
      statement: `${commandOf(request)} # with ${JSON.stringify(keys)}`,
      decide: () => decideOnBucket(caller, request, keys),
    })),
  );
}

const ENCRYPTION: ProbeText = {
  name: "s3-under-other-keys",
  layer: "s3",
  attack:
    "A tenant's session stores objects under a key that is not the bucket's: S3's own, another tenant's, one that it brings.",
  guard: "The bucket's policy refuses an upload that names another key.",
};
const HEADER = "s3:x-amz-server-side-encryption";

export const underOtherKeys: Probe<Cloud> = {
  ...ENCRYPTION,
  run: async (cloud) => {
    const encrypted = attackersIn(cloud).filter(({ bucket }) => bucket.key !== undefined);
    return attemptAll(
      ENCRYPTION,
      encrypted.flatMap((tenant) => uploads(tenant, cloud)),
    );
  },
};

function uploads(tenant: FilesTenant, { keys }: Cloud): readonly Request[] {
  const { bucket, id } = tenant;
  const others = keys.filter(({ arn }) => arn !== bucket.key?.arn);
  const headers: readonly Keys[] = [
    { [HEADER]: "AES256" },
    { [HEADER]: "aws:kms:dsse" },
    { [`${HEADER}-customer-algorithm`]: "AES256" },
    ...others.map(({ arn }) => ({ [HEADER]: "aws:kms", [`${HEADER}-aws-kms-key-id`]: arn })),
  ];
  const request = { operation: "PutObject", bucket, key: `${filesPrefix(id)}${FILE}` } as const;
  return headers.map((named) => ({
    who: nameOf(tenant),
    target: `arn:aws:s3:::${bucket.name}/${request.key}`,
    statement: `${commandOf(request)} # with ${JSON.stringify(named)}`,
    decide: () => decideOnBucket(sessionOfTenant(tenant), request, { ...TLS, ...named }),
  }));
}

const STRANGERS: ProbeText = {
  name: "s3-strangers",
  layer: "s3",
  attack:
    "Nobody in particular, another account, and AWS services in its name read, write, list and reconfigure a bucket.",
  guard: "No bucket's policy allows them anything; log delivery is bound to the account.",
};
/** Permission to command. */
const ON_OBJECTS = { GetObject: "get-object", PutObject: "put-object", DeleteObject: "delete-object" } as const;
const ON_BUCKETS = {
  ListBucket: "list-objects-v2",
  GetBucketPolicy: "get-bucket-policy",
  PutBucketPolicy: "put-bucket-policy",
  DeleteBucket: "delete-bucket",
} as const;

export const strangersInBuckets: Probe<Cloud> = {
  ...STRANGERS,
  run: async (cloud) =>
    attemptAll(
      STRANGERS,
      cloud.buckets.flatMap((bucket) => byStrangers(bucket, cloud)),
    ),
};

function byStrangers({ name, account, policy }: Cloud["buckets"][number], cloud: Cloud): readonly Request[] {
  const on = (actions: Readonly<Record<string, string>>, key?: string) =>
    strangersTo(cloud, account).flatMap(({ who, caller }) =>
      Object.entries(actions).map(([action, command]) => {
        const arn = `arn:aws:s3:::${name}${key === undefined ? "" : `/${key}`}`;
        const keys = caller.kind === "service" ? { ...TLS, ...FOR_ELSEWHERE } : TLS;
        return {
          who,
          target: arn,
          statement: awsCommand(`s3api ${command}`, { bucket: name, key }),
          decide: () =>
            decide({ caller, action: `s3:${action}`, target: { arn, account, ...(policy && { policy }) }, keys }),
        };
      }),
    );
  return [...on(ON_OBJECTS, FILE), ...on(ON_BUCKETS)];
}
