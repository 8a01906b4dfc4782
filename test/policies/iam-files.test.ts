/** Whose objects a session of a tenant reaches, by the policies that the program writes: for any two tenants, any key and any tag. */
import fc from "fast-check";
import { oneKeyOnly } from "../../components/bucket-policies";
import { SESSION_TAG } from "../../components/files-policies";
import { type PolicyDocument, policyOf, type Statement } from "../../components/policy-document";
import type { Tags } from "../../policies/iam/caller";
import {
  keyInPath,
  LIST_OPERATIONS,
  mayUseBucket,
  OBJECT_OPERATIONS,
  type ObjectOperation,
} from "../../policies/iam/s3";
import { defaultId, filesPrefix } from "../../registry/names";
import {
  BUCKET_ARN,
  bucketOf,
  type Estate,
  FILES,
  ids,
  KEY_ARN,
  PLAIN,
  rewritten,
  type Search,
  SHARED,
  search,
  sessionOf,
  sessionWith,
  slug,
  spoilt,
  TLS,
  VARIABLE,
  without,
} from "./files-estate";

const name = fc.oneof(
  fc.constantFrom(
    "",
    "x",
    "../x",
    "./x",
    "/x",
    "//",
    "%2e%2e/x",
    "*",
    "?",
    "$" + "{aws:username}",
    "ü/\u{1f4a9}",
    "e\u0301",
    "a b+c",
    "a:b",
  ),
  fc.string(),
  fc.string({ unit: "binary" }),
);

/** Keys near two tenants' prefixes: in them, before them, beside them, escaped, and through one to the other. */
const keyNear = ([one, other]: readonly [string, string]) =>
  fc
    .tuple(name, name)
    .chain(([first, second]) =>
      fc.constantFrom(
        `t/${one}/${first}`,
        `t/${other}/${first}`,
        `t/${one}/../${other}/${first}`,
        `t/${other}/../${one}/${first}`,
        `/t/${one}/${first}`,
        `t//${one}/${first}`,
        `t/${one}`,
        `t/${one}${first}`,
        `T/${one}/${first}`,
        `t/${one.toUpperCase()}/${first}`,
        `t%2F${one}%2F${first}`,
        `t/*/${first}`,
        `t/${"?".repeat(36)}/${first}`,
        `t/\${aws:PrincipalTag/${SESSION_TAG}}/${first}`,
        `${first}t/${one}/${second}`,
        first,
      ),
    );
const pairAndKeys = ids.chain((pair) => fc.tuple(fc.constant(pair), keyNear(pair), keyNear(pair)));
const operation = fc.constantFrom(...OBJECT_OPERATIONS);

/** What a session is for; all else is refused whatever the object. */
const GIVEN: readonly ObjectOperation[] = [
  "GetObject",
  "HeadObject",
  "PutObject",
  "DeleteObject",
  "CreateMultipartUpload",
  "UploadPart",
  "CompleteMultipartUpload",
  "AbortMultipartUpload",
  "ListParts",
];
/** Versions have permissions of their own, which a session has not. */
const KNOWS_VERSIONS: readonly ObjectOperation[] = ["GetObject", "HeadObject", "DeleteObject"];

/** A session reaches a key where the key begins with its prefix and a slash: no more, and no less. */
const objectsByPrefix = (estate: Estate) =>
  search(
    fc.property(pairAndKeys, operation, fc.boolean(), ([[id], key], asked, version) => {
      const given = GIVEN.includes(asked) && !(version && KNOWS_VERSIONS.includes(asked));
      const may = mayUseBucket(
        sessionOf(estate, id),
        { operation: asked, bucket: bucketOf(estate), key, version },
        TLS,
      );
      return may === (given && key.startsWith(filesPrefix(id)));
    }),
  );

const copiesWithinPrefix = (estate: Estate) =>
  search(
    fc.property(
      pairAndKeys,
      fc.constantFrom("CopyObject" as const, "UploadPartCopy" as const),
      fc.boolean(),
      ([[id], from, to], asked, version) => {
        const bucket = bucketOf(estate);
        const request = { operation: asked, bucket, key: to, source: { bucket, key: from, version } };
        const own = [from, to].every((key) => key.startsWith(filesPrefix(id)));
        return mayUseBucket(sessionOf(estate, id), request, TLS) === (own && !version);
      },
    ),
  );

const listsOfPrefix = (estate: Estate) =>
  search(
    fc.property(
      pairAndKeys,
      fc.constantFrom(...LIST_OPERATIONS),
      fc.constantFrom(undefined, "/", "t", ""),
      fc.boolean(),
      ([[id], key], asked, delimiter, whole) => {
        const request = {
          operation: asked,
          bucket: bucketOf(estate),
          ...(!whole && { prefix: key }),
          ...(delimiter !== undefined && { delimiter }),
        };
        const own = asked === "ListObjectsV2" && !whole && key.startsWith(filesPrefix(id));
        return mayUseBucket(sessionOf(estate, id), request, TLS) === own;
      },
    ),
  );

/** Tags of a session that is nobody's, or says so with letters that mean something elsewhere. */
const strangeTag = fc.constantFrom<((id: string) => Tags)[]>(
  () => ({}),
  () => ({ [SESSION_TAG]: "" }),
  () => ({ [SESSION_TAG]: "*" }),
  () => ({ [SESSION_TAG]: "?".repeat(36) }),
  () => ({ [SESSION_TAG]: `\${aws:PrincipalTag/${SESSION_TAG}}` }),
  () => ({ [SESSION_TAG]: ".." }),
  (id) => ({ [SESSION_TAG]: id.slice(0, -1) }),
  (id) => ({ [SESSION_TAG]: `${id.slice(0, 8)}*` }),
  (id) => ({ [SESSION_TAG]: `../t/${id}` }),
  (id) => ({ tenant: id }),
  (id) => ({ [`${SESSION_TAG}2`]: id }),
  (id) => ({ [`aws:PrincipalTag/${SESSION_TAG}`]: id }),
);

const strangersReachNobody = (estate: Estate) =>
  search(
    fc.property(slug.map(defaultId), strangeTag, name, operation, (id, tagsFor, rest, asked) => {
      const stranger = sessionWith(estate, tagsFor(id));
      const bucket = bucketOf(estate);
      const objects = [
        `t/${id}/${rest}`,
        ...(SESSION_TAG in stranger.tags ? [] : [`t//${rest}`, `t/undefined/${rest}`]),
      ];
      return (
        objects.every((key) => !mayUseBucket(stranger, { operation: asked, bucket, key }, TLS)) &&
        [`t/${id}/`, "t/", ""].every(
          (prefix) => !mayUseBucket(stranger, { operation: "ListObjectsV2", bucket, prefix }, TLS),
        )
      );
    }),
  );

const nothingWithoutTls = (estate: Estate) =>
  search(
    fc.property(
      slug.map(defaultId),
      operation,
      fc.constantFrom(PLAIN, { ...TLS, "s3:TlsVersion": "1.1" }),
      (id, asked, keys) =>
        !mayUseBucket(sessionOf(estate, id), { operation: asked, bucket: bucketOf(estate), key: `t/${id}/x` }, keys),
    ),
  );

/** Buckets whose names begin alike. */
const noOtherBucket = (estate: Estate) =>
  search(
    fc.property(
      slug.map(defaultId),
      operation,
      fc.constantFrom("files2", "files-x", "file", "tenant-files"),
      (id, asked, bucket) => {
        const other = { ...bucketOf(estate), name: bucket };
        return (
          !mayUseBucket(sessionOf(estate, id), { operation: asked, bucket: other, key: `t/${id}/x` }, TLS) &&
          !mayUseBucket(sessionOf(estate, id), { operation: "ListObjectsV2", bucket: other, prefix: `t/${id}/` }, TLS)
        );
      },
    ),
  );

const SEARCHES = {
  "a session reaches what is below its own prefix, and nothing else": objectsByPrefix,
  "a copy stays below it, at both ends": copiesWithinPrefix,
  "a list is of it": listsOfPrefix,
  "a session that is nobody's reaches nobody": strangersReachNobody,
  "nothing goes without TLS": nothingWithoutTls,
  "no other bucket is reached": noOtherBucket,
} as const satisfies Readonly<Record<string, (estate: Estate) => Search>>;

test.each(Object.entries(SEARCHES))("%s", (_what, searchIn) => searchIn(SHARED).assertNothing());

test("S3 unescapes a path once: however a client writes a key, the key decides", () => {
  const escaped = fc.tuple(ids.chain(keyNear), fc.infiniteStream(fc.boolean())).map(([key, choices]) => {
    const key8 = [...Buffer.from(key)];
    const text = key8.map((byte) => {
      const plain = /[\w./-]/.test(String.fromCharCode(byte)) && byte < 128 && choices.next().value === true;
      return plain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, "0")}`;
    });
    return [Buffer.from(key).toString(), text.join("")] as const;
  });
  fc.assert(fc.property(escaped, ([key, path]) => keyInPath(`/files/${path}`) === key));
});

describe("controls: the same searches find a way in", () => {
  const files = (document: PolicyDocument): Estate => ({ ...SHARED, files: document });
  const allowed = (change: Partial<Statement>) => spoilt(FILES, (statement) => ({ ...statement, ...change }));

  test.each<[string, (estate: Estate) => Search, Estate]>([
    ["an ARN of the whole bucket", objectsByPrefix, files(rewritten(FILES, `files/t/${VARIABLE}/*`, "files/*"))],
    [
      "an ARN that does not end with a slash",
      objectsByPrefix,
      files(rewritten(FILES, `files/t/${VARIABLE}/*`, `files/t/${VARIABLE}*`)),
    ],
    [
      "an ARN that begins with a star",
      objectsByPrefix,
      files(rewritten(FILES, `files/t/${VARIABLE}`, `files/*${VARIABLE}`)),
    ],
    [
      "a tag that may be anything",
      objectsByPrefix,
      files(
        spoilt(rewritten(FILES, VARIABLE, "*"), (statement) => ({
          ...statement,
          Condition: { StringLike: { [`aws:PrincipalTag/${SESSION_TAG}`]: "*" } },
        })),
      ),
    ],
    [
      "a key that is opened by hand alone",
      objectsByPrefix,
      files(rewritten(FILES, "s3.eu-west-1.amazonaws.com", "rds.eu-west-1.amazonaws.com")),
    ],
    ["all that begins with GetObject", objectsByPrefix, files(rewritten(FILES, '"s3:GetObject"', '"s3:GetObject*"'))],
    [
      "reading anywhere",
      copiesWithinPrefix,
      files(
        policyOf(...FILES.Statement, {
          Sid: "Reads",
          Effect: "Allow",
          Action: "s3:GetObject",
          Resource: `${BUCKET_ARN}/*`,
        }),
      ),
    ],
    [
      "writing anywhere",
      copiesWithinPrefix,
      files(
        policyOf(...FILES.Statement, {
          Sid: "Writes",
          Effect: "Allow",
          Action: "s3:PutObject",
          Resource: `${BUCKET_ARN}/*`,
        }),
      ),
    ],
    ["old versions", copiesWithinPrefix, files(rewritten(FILES, '"s3:GetObject"', '"s3:GetObject*"'))],
    ["lists of anything", listsOfPrefix, files(without(FILES, "StringLike"))],
    ["lists where no prefix is asked for", listsOfPrefix, files(rewritten(FILES, "StringLike", "StringLikeIfExists"))],
    [
      "lists by a prefix that does not end with a slash",
      listsOfPrefix,
      files(rewritten(FILES, `"t/${VARIABLE}/*"`, `"t/${VARIABLE}*"`)),
    ],
    ["lists of versions", listsOfPrefix, files(rewritten(FILES, "s3:ListBucket", "s3:ListBucket*"))],
    [
      "no `Null`, where nobody's name is empty",
      strangersReachNobody,
      files(without(rewritten(FILES, VARIABLE, VARIABLE.replace("}", ", ''}")), "Null")),
    ],
    ["wildcards that are not a value's", strangersReachNobody, files(rewritten(FILES, VARIABLE, "*"))],
    ["no statement on TLS", nothingWithoutTls, { ...SHARED, guards: policyOf(...oneKeyOnly(BUCKET_ARN, KEY_ARN)) }],
    ["a bucket's name that goes on", noOtherBucket, files(rewritten(FILES, `${BUCKET_ARN}/t`, `${BUCKET_ARN}*/t`))],
    ["all buckets", noOtherBucket, files(allowed({ Resource: "*" }))],
  ])("with %s", (_what, searchIn, estate) => expect(searchIn(estate).finds()).toBe(true));

  // The variable has no value then; with a default, or with an evaluator that fills in nothing, `Null` is what holds.
  test("but not with `Null`, even where nobody's name is empty", () => {
    strangersReachNobody(files(rewritten(FILES, VARIABLE, VARIABLE.replace("}", ", ''}")))).assertNothing();
  });
});
