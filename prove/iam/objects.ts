/** Attacks on the objects of others: by their own names, by names like them, by lists, in other buckets. */
import { type Bucket, decideOnBucket, LIST_OPERATIONS, OBJECT_OPERATIONS, type S3Request } from "../../policies/iam/s3";
import { filesPrefix } from "../../registry/names";
import type { Probe, ProbeText } from "../probe";
import { attemptAll, awsCommand, gapsOf, kebabOf, type Request } from "./attempts";
import { sessionOfTenant } from "./callers";
import { attackersIn, type Cloud, type FilesTenant, victimsOf } from "./cloud";

/** As every client of S3 has it. */
export const TLS = { "aws:SecureTransport": "true", "s3:TlsVersion": "1.3" } as const;
const FILE = "prove";
/** They have permissions of their own where a request names a version. */
const KNOW_VERSIONS = ["GetObject", "DeleteObject", "GetObjectTagging", "PutObjectTagging"] as const;
const BASIC = ["GetObject", "PutObject", "DeleteObject"] as const;

export const nameOf = ({ slug, id }: FilesTenant): string => `the session of ${slug} (${id})`;

/** A request of a tenant's own session, over TLS. */
function requestOf(attacker: FilesTenant, request: S3Request): Request {
  const { name } = request.bucket;
  return {
    who: nameOf(attacker),
    target: "key" in request ? `arn:aws:s3:::${name}/${request.key}` : `arn:aws:s3:::${name}`,
    statement: commandOf(request),
    decide: () => decideOnBucket(sessionOfTenant(attacker), request, TLS),
  };
}

export function commandOf(request: S3Request): string {
  const { operation, bucket } = request;
  const command = `s3api ${kebabOf(operation)}`;
  if (!("key" in request))
    return awsCommand(command, { bucket: bucket.name, prefix: request.prefix, delimiter: request.delimiter });
  const source = "source" in request ? `${request.source.bucket.name}/${request.source.key}` : undefined;
  const version = request.version === true ? "<version>" : undefined;
  return awsCommand(command, { bucket: bucket.name, key: request.key, "version-id": version, "copy-source": source });
}

/** The attacks of all tenants, and what could not be looked at. */
const probeOf = (
  text: ProbeText,
  requestsOf: (attacker: FilesTenant, cloud: Cloud) => readonly Request[],
): Probe<Cloud> => ({
  ...text,
  run: async (cloud) =>
    attemptAll(
      text,
      attackersIn(cloud).flatMap((attacker) => requestsOf(attacker, cloud)),
    ),
});

const OTHERS: ProbeText = {
  name: "s3-objects-of-others",
  layer: "s3",
  attack: "A tenant's session reads, writes, copies and deletes objects of other tenants, old versions included.",
  guard: "The one policy of all sessions allows what is below `t/<session tag>/`.",
};

export const objectsOfOthers: Probe<Cloud> = {
  ...OTHERS,
  run: async (cloud) => [
    ...attemptAll(
      OTHERS,
      attackersIn(cloud).flatMap((attacker) => onOthers(attacker, cloud)),
    ),
    ...attackersIn(cloud).flatMap(blindness),
    ...gapsOf(OTHERS, cloud),
  ],
};

function onOthers(attacker: FilesTenant, cloud: Cloud): readonly Request[] {
  const { bucket, id } = attacker;
  const own = { bucket, key: `${filesPrefix(id)}${FILE}` };
  return victimsOf(cloud, attacker).flatMap((victim) => {
    const theirs = { bucket, key: `${filesPrefix(victim.id)}${FILE}` };
    return [
      ...OBJECT_OPERATIONS.map((operation) => ({ operation, ...theirs })),
      ...KNOW_VERSIONS.map((operation) => ({ operation, ...theirs, version: true })),
      ...(["CopyObject", "UploadPartCopy"] as const).flatMap((operation) => [
        { operation, ...own, source: theirs },
        { operation, ...theirs, source: own },
      ]),
    ].map((request) => requestOf(attacker, request));
  });
}

/** Who does not reach its own objects either is refused for another reason than the one that is to be proven. */
function blindness(tenant: FilesTenant): ReturnType<typeof attemptAll> {
  const own = { operation: "GetObject", bucket: tenant.bucket, key: `${filesPrefix(tenant.id)}${FILE}` } as const;
  const [seen] = attemptAll(OTHERS, [requestOf(tenant, own)]);
  if (seen === undefined || seen.outcome === "through") return [];
  return [{ ...seen, outcome: "untried", answer: `it does not reach its own objects: ${seen.answer}` }];
}

export const objectsOfSimilarNames = probeOf(
  {
    name: "s3-names-like-others",
    layer: "s3",
    attack:
      "It asks for keys that look like somebody's: ids that begin alike, other cases, escapes, `..`, `//`, wildcards, the variable itself.",
    guard: "The allowed ARN ends in `/*` after the tag; a key is letters, and S3 resolves nothing in it.",
  },
  (attacker) =>
    similarKeys(attacker.id, attacker.tags)
      .filter((key) => !key.startsWith(filesPrefix(attacker.id)))
      .flatMap((key) => BASIC.map((operation) => requestOf(attacker, { operation, bucket: attacker.bucket, key }))),
);

const similarKeys = (id: string, tags: FilesTenant["tags"]): readonly string[] => [
  ...[`${id}0`, id.slice(0, -1), `${id.slice(0, 8)}*`, "*", "?".repeat(id.length), "", ".", "..", id.toUpperCase()].map(
    (name) => `t/${name}/${FILE}`,
  ),
  ...Object.keys(tags).map((tag) => `t/\${aws:PrincipalTag/${tag}}/${FILE}`),
  ...[`t/${id}`, `t/${id}${FILE}`, `/t/${id}/${FILE}`, `t//${id}/${FILE}`, `T/${id}/${FILE}`, `t%2F${id}%2F${FILE}`],
  ...[`t/${id}0/../${id}/${FILE}`, `t/./${id}/${FILE}`, `t\\${id}\\${FILE}`, FILE],
];

export const listsOfOthers = probeOf(
  {
    name: "s3-lists-of-others",
    layer: "s3",
    attack: "It lists what others have: by their prefix, by what it begins with, by none; versions and uploads too.",
    guard: "Listing is allowed by `s3:prefix` below `t/<session tag>/` alone, and old versions and uploads not at all.",
  },
  (attacker, cloud) => {
    const { bucket, id } = attacker;
    const theirs = victimsOf(cloud, attacker).map((victim) => filesPrefix(victim.id));
    const prefixes = [...theirs, ...theirs.map((prefix) => prefix.slice(0, -1)), `t/${id}`, "t/", "t", "", undefined];
    return LIST_OPERATIONS.flatMap((operation) =>
      prefixes.flatMap((prefix) =>
        [undefined, "/"].map((delimiter) =>
          requestOf(attacker, {
            operation,
            bucket,
            ...(prefix !== undefined && { prefix }),
            ...(delimiter !== undefined && { delimiter }),
          }),
        ),
      ),
    );
  },
);

export const otherBuckets = probeOf(
  {
    name: "s3-other-buckets",
    layer: "s3",
    attack:
      "It goes to another bucket: of another region, of a dedicated tenant, of access logs, of a name that begins alike.",
    guard: "Each role's policy names its one bucket.",
  },
  (attacker, { buckets, tenants }) => {
    const { key: _, policy: __, ...bare } = attacker.bucket;
    const alike: Bucket = { ...bare, name: `${bare.name}2` };
    return [...buckets.filter((bucket) => bucket !== attacker.bucket), alike].flatMap((bucket) => {
      const there = tenants.find((each) => each.bucket === bucket);
      return [attacker.id, ...(there ? [there.id] : [])].flatMap((id) => [
        ...BASIC.map((operation) => requestOf(attacker, { operation, bucket, key: `${filesPrefix(id)}${FILE}` })),
        requestOf(attacker, { operation: "ListObjectsV2", bucket, prefix: filesPrefix(id) }),
      ]);
    });
  },
);
