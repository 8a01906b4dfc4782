/**
 * Requests to S3 as IAM sees them. A key is letters and nothing else: `/`, `..`, `*` and `%` in it mean nothing to S3. Source: Amazon S3 User
 * Guide, "Required permissions for Amazon S3 API operations", "Naming Amazon S3 objects", "Using server-side encryption with AWS KMS keys".
 */
import type { Caller } from "./caller";
import type { Keys } from "./context";
import { type Decision, decide } from "./decide";
import type { Document } from "./document";
import { decideOnKey, type Key } from "./key";

export interface Bucket {
  readonly name: string;
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  /** @default none */
  readonly policy?: Document;
  /** The KMS key that its objects are under. @default S3's own */
  readonly key?: Key;
}

interface Needs {
  /** Of an object, or of a version of it where the request names one. */
  readonly plain: readonly string[];
  readonly version?: readonly string[];
  readonly onKey: readonly ("Decrypt" | "GenerateDataKey")[];
}

const NEEDS = {
  GetObject: { plain: ["GetObject"], version: ["GetObjectVersion"], onKey: ["Decrypt"] },
  HeadObject: { plain: ["GetObject"], version: ["GetObjectVersion"], onKey: ["Decrypt"] },
  GetObjectAttributes: {
    plain: ["GetObject", "GetObjectAttributes"],
    version: ["GetObjectVersion", "GetObjectVersionAttributes"],
    onKey: ["Decrypt"],
  },
  GetObjectAcl: { plain: ["GetObjectAcl"], version: ["GetObjectVersionAcl"], onKey: [] },
  GetObjectTagging: { plain: ["GetObjectTagging"], version: ["GetObjectVersionTagging"], onKey: [] },
  PutObject: { plain: ["PutObject"], onKey: ["GenerateDataKey"] },
  PutObjectAcl: { plain: ["PutObjectAcl"], version: ["PutObjectVersionAcl"], onKey: [] },
  PutObjectTagging: { plain: ["PutObjectTagging"], version: ["PutObjectVersionTagging"], onKey: [] },
  DeleteObject: { plain: ["DeleteObject"], version: ["DeleteObjectVersion"], onKey: [] },
  RestoreObject: { plain: ["RestoreObject"], onKey: [] },
  CreateMultipartUpload: { plain: ["PutObject"], onKey: ["GenerateDataKey", "Decrypt"] },
  UploadPart: { plain: ["PutObject"], onKey: ["GenerateDataKey", "Decrypt"] },
  CompleteMultipartUpload: { plain: ["PutObject"], onKey: ["GenerateDataKey", "Decrypt"] },
  AbortMultipartUpload: { plain: ["AbortMultipartUpload"], onKey: [] },
  ListParts: { plain: ["ListMultipartUploadParts"], onKey: [] },
} as const satisfies Readonly<Record<string, Needs>>;

const LISTS = {
  ListObjectsV2: "ListBucket",
  ListObjectVersions: "ListBucketVersions",
  ListMultipartUploads: "ListBucketMultipartUploads",
} as const;

export type ObjectOperation = keyof typeof NEEDS;
export type ListOperation = keyof typeof LISTS;

interface Place {
  readonly bucket: Bucket;
  /** Unescaped. */
  readonly key: string;
  /** Whether the request names a version. @default false */
  readonly version?: boolean;
}

export type S3Request =
  | (Place & { readonly operation: ObjectOperation })
  | (Place & { readonly operation: "CopyObject" | "UploadPartCopy"; readonly source: Place })
  | {
      readonly operation: ListOperation;
      readonly bucket: Bucket;
      readonly prefix?: string;
      readonly delimiter?: string;
    };

export const OBJECT_OPERATIONS: readonly ObjectOperation[] = Object.keys(NEEDS).filter(
  (name): name is ObjectOperation => Object.hasOwn(NEEDS, name),
);
export const LIST_OPERATIONS: readonly ListOperation[] = Object.keys(LISTS).filter((name): name is ListOperation =>
  Object.hasOwn(LISTS, name),
);

/** Whether S3 does it: every permission that the operation needs, on the objects and on their key. @param keys of the request: its TLS, its headers */
export const mayUseBucket = (caller: Caller, request: S3Request, keys: Keys = {}): boolean =>
  decideOnBucket(caller, request, keys).allowed;

/** The same with the statements that decided: on the permission that is refused, or on all that the operation needs. */
export function decideOnBucket(caller: Caller, request: S3Request, keys: Keys = {}): Decision {
  const decisions = decisionsOn(caller, request, keys);
  const refused = decisions.find(({ allowed }) => !allowed);
  return refused ?? { allowed: true, by: [...new Set(decisions.flatMap(({ by }) => by))] };
}

function decisionsOn(caller: Caller, request: S3Request, keys: Keys): readonly Decision[] {
  if (request.operation === "CopyObject" || request.operation === "UploadPartCopy") {
    return [
      ...decisionsOn(caller, { ...request.source, operation: "GetObject" }, keys),
      ...decisionsOn(caller, { bucket: request.bucket, key: request.key, operation: "UploadPart" }, keys),
    ];
  }
  if (!("key" in request)) return [decideOnList(caller, request, keys)];
  const { plain, version, onKey }: Needs = NEEDS[request.operation];
  const target = targetOf(request.bucket, `/${request.key}`);
  const actions = (request.version === true && version) || plain;
  return [
    ...actions.map((name) => decide({ caller, action: `s3:${name}`, target, keys })),
    ...onKey.flatMap((name) => decideOnKeyOf(request.bucket, caller, `kms:${name}`)),
  ];
}

function decideOnList(
  caller: Caller,
  request: Extract<S3Request, { readonly operation: ListOperation }>,
  keys: Keys,
): Decision {
  const { operation, bucket, prefix, delimiter } = request;
  const asked = {
    ...keys,
    ...(prefix !== undefined && { "s3:prefix": prefix }),
    ...(delimiter !== undefined && { "s3:delimiter": delimiter }),
  };
  return decide({ caller, action: `s3:${LISTS[operation]}`, target: targetOf(bucket), keys: asked });
}

const targetOf = ({ name, account, policy }: Bucket, rest = "") => ({
  arn: `arn:aws:s3:::${name}${rest}`,
  account,
  ...(policy && { policy }),
});

/** S3 asks KMS in the name of whoever asks S3. */
function decideOnKeyOf({ key, region }: Bucket, caller: Caller, action: string): readonly Decision[] {
  const callerAccount = "account" in caller ? { "kms:CallerAccount": caller.account } : {};
  const keys = { "kms:ViaService": `s3.${region}.amazonaws.com`, ...callerAccount };
  return key ? [decideOnKey(caller, action, key, keys)] : [];
}

/** The key in the path of a request, `/<bucket>/<key>`: unescaped once, and not looked at further. @throws URIError for a wrong escape */
export function keyInPath(path: string): string {
  return decodeURIComponent(path.slice(path.indexOf("/", 1) + 1));
}
