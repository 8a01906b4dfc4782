/** From the resources of a stack, as its state has them, to what there is to attack. */
import { z } from "zod";
import { tenantFiles } from "../../client/tenant-files";
import type { Role } from "../../policies/iam/assume-role";
import { type Attachment, type Document, parseDocument } from "../../policies/iam/document";
import type { Key } from "../../policies/iam/key";
import type { Bucket } from "../../policies/iam/s3";
import type { DirectoryRow, FilesPlace } from "../../registry/types";
import type { Cloud, FilesTenant, Gap } from "./cloud";

/** A resource of the stack with what the provider said of it last. */
export interface StackResource {
  /** `aws:s3/bucketPolicy:BucketPolicy`. */
  readonly type: string;
  readonly name: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface CloudSources {
  readonly resources: readonly StackResource[];
  readonly directory: readonly Pick<DirectoryRow, "slug" | "id" | "cell" | "tier">[];
  /** ARN of the role that the stack names as its broker. */
  readonly broker: string | undefined;
}

const text = z.string();
/** The provider of AWS writes an empty text for what is not there. */
const textOrNone = text.nullish().transform((value) => value || undefined);
const place = z.object({
  region: text,
  cells: z.array(text),
  bucket: text,
  sessionRoleArn: text.exactOptional(),
});
const stack = z.object({ files: z.array(place).catch([]) });
const bucket = z.object({ bucket: text, region: text });
const bucketPolicy = z.object({ bucket: text, policy: text });
const encryption = z.object({
  bucket: text,
  rules: z.array(z.object({ applyServerSideEncryptionByDefault: z.object({ kmsMasterKeyId: textOrNone }).nullish() })),
});
const key = z.object({ arn: text, keyId: text, policy: text });
const keyPolicy = z.object({ keyId: text, policy: text });
const tags = z.record(z.string(), z.string());
const role = z.object({
  arn: text,
  name: text,
  assumeRolePolicy: text,
  tags: tags.nullish(),
  tagsAll: tags.nullish(),
  inlinePolicies: z.array(z.object({ policy: textOrNone })).nullish(),
  managedPolicyArns: z.array(text).nullish(),
});
const rolePolicy = z.object({ role: text, policy: text });
const attachment = z.object({ role: text, policyArn: text });
const attachments = z.object({ roles: z.array(text).default([]), policyArn: text });
const policy = z.object({ arn: text, policy: text });

const ENCRYPTION = "bucketServerSideEncryptionConfiguration";

/** What cannot be read is left out, and is a gap: what it might allow was not tried. */
export function readCloud({ resources, directory, broker }: CloudSources): Cloud {
  const gaps: Gap[] = [];
  const texts: string[] = [];
  const source: Source = {
    of: (type, shape) =>
      resources
        .filter((each) => each.type === type)
        .flatMap(({ name, outputs }) => {
          const { success, data } = shape.safeParse(outputs);
          if (!success)
            gaps.push({
              layer: layerOf(type),
              target: `${type} ${name}`,
              why: "what its provider says of it is not understood",
            });
          return success ? [data] : [];
        }),
    parse: (layer, target, document, attachment) => {
      texts.push(document);
      try {
        return parseDocument(document, attachment);
      } catch (error) {
        gaps.push({ layer, target, why: `its policy is not understood: ${String(error)}` });
        return undefined;
      }
    },
    miss: (gap) => gaps.push(gap),
  };
  const places = source.of("pulumi:pulumi:Stack", stack).flatMap(({ files }) => files);
  const keys = readKeys(source);
  const roles = readRoles(source, places);
  const account = [...roles, ...keys][0]?.account ?? "";
  const buckets = readBuckets(source, keys, account);
  const said = texts.join("\n");
  const byId = [...directory].sort((one, other) => (one.id < other.id ? -1 : 1));
  const tenants = byId.flatMap((row) => tenantIn(source, row, places, { buckets, roles, said }));
  return { tenants, buckets, keys, roles, broker, gaps };
}

interface Source {
  of<T>(type: string, shape: z.ZodType<T>): readonly T[];
  parse(layer: Gap["layer"], target: string, document: string, attachment: Attachment): Document | undefined;
  miss(gap: Gap): void;
}

function readKeys({ of, parse }: Source): readonly Key[] {
  const apart = new Map(of("aws:kms/keyPolicy:KeyPolicy", keyPolicy).map((each) => [each.keyId, each.policy]));
  return of("aws:kms/key:Key", key).flatMap(({ arn, keyId, policy: own }) => {
    const document = parse("kms", arn, apart.get(keyId) ?? own, "resource");
    return document ? [{ arn, account: accountIn(arn), policy: document }] : [];
  });
}

function readRoles({ of, parse, miss }: Source, places: readonly FilesPlace[]): readonly Role[] {
  const managed = new Map(of("aws:iam/policy:Policy", policy).map((each) => [each.arn, each.policy]));
  const inline = of("aws:iam/rolePolicy:RolePolicy", rolePolicy);
  const attached = [
    ...of("aws:iam/rolePolicyAttachment:RolePolicyAttachment", attachment),
    ...of("aws:iam/policyAttachment:PolicyAttachment", attachments).flatMap(({ roles, policyArn }) =>
      roles.map((name) => ({ role: name, policyArn })),
    ),
  ];
  const ofRole = <T extends { readonly role: string }>(all: readonly T[], name: string) =>
    all.filter((each) => each.role === name);
  return of("aws:iam/role:Role", role).flatMap(({ arn, name, assumeRolePolicy, ...rest }) => {
    const arns = new Set([...ofRole(attached, name).map((each) => each.policyArn), ...(rest.managedPolicyArns ?? [])]);
    const unknown = [...arns].filter((each) => !managed.has(each));
    // Roles that no tenant gets a session of have policies of AWS's own.
    if (places.some(({ sessionRoleArn }) => sessionRoleArn === arn))
      for (const each of unknown)
        miss({ layer: "iam", target: arn, why: `the stack does not have the text of ${each}` });
    const texts = [
      ...ofRole(inline, name).map((each) => each.policy),
      ...(rest.inlinePolicies ?? []).flatMap((each) => each.policy ?? []),
      ...[...arns].flatMap((each) => managed.get(each) ?? []),
    ];
    const trust = parse("iam", arn, assumeRolePolicy, "trust");
    const policies = texts.flatMap((each) => {
      const document = parse("iam", arn, each, "identity");
      return document ? [document] : [];
    });
    // Tags of the provider are the role's too, and fill the same variables.
    const tagsOfRole = { ...rest.tags, ...rest.tagsAll };
    return trust && policies.length === texts.length
      ? [{ arn, account: accountIn(arn), trust, policies, tags: tagsOfRole }]
      : [];
  });
}

function readBuckets({ of, parse, miss }: Source, keys: readonly Key[], account: string): readonly Bucket[] {
  const policies = of("aws:s3/bucketPolicy:BucketPolicy", bucketPolicy);
  const encryptions = of(`aws:s3/${ENCRYPTION}:B${ENCRYPTION.slice(1)}`, encryption);
  return of("aws:s3/bucket:Bucket", bucket).flatMap(({ bucket: name, region }) => {
    const rules = encryptions.find((each) => each.bucket === name)?.rules ?? [];
    const keyArn = rules[0]?.applyServerSideEncryptionByDefault?.kmsMasterKeyId;
    const found = keys.find(({ arn }) => arn === keyArn);
    if (keyArn !== undefined && found === undefined)
      miss({ layer: "kms", target: keyArn, why: `it encrypts ${name}, and this stack does not have its policy` });
    const made = { name, account, region, ...(found && { key: found }) };
    const own = policies.find((each) => each.bucket === name)?.policy;
    if (own === undefined) return [made];
    const document = parse("s3", `arn:aws:s3:::${name}`, own, "resource");
    return document ? [{ ...made, policy: document }] : [];
  });
}

function tenantIn(
  { miss }: Source,
  row: CloudSources["directory"][number],
  places: readonly FilesPlace[],
  { buckets, roles, said }: Pick<Cloud, "buckets" | "roles"> & { readonly said: string },
): readonly FilesTenant[] {
  const found = places.find(({ cells }) => cells.includes(row.cell));
  if (found?.sessionRoleArn === undefined) return [];
  const { slug, id, tier } = row;
  const { request } = tenantFiles(row, [found]);
  const own = buckets.find(({ name }) => name === found.bucket);
  const opened = roles.find(({ arn }) => arn === request.RoleArn);
  if (!own || !opened) {
    miss({
      layer: "s3",
      target: `files of ${slug}`,
      why: `${found.bucket} or its role could not be read in this stack`,
    });
    return [];
  }
  const asked = Object.fromEntries(request.Tags.map(({ Key, Value }) => [Key, Value]));
  const named = said.includes(id) || said.includes(`/${slug}/`);
  return [{ slug, id, bucket: own, role: opened, tags: asked, alone: tier === "dedicated", named }];
}

/** Where the stack itself is not understood, no place of files is known. */
const layerOf = (type: string): Gap["layer"] =>
  type.startsWith("aws:iam/") ? "iam" : type.startsWith("aws:kms/") ? "kms" : "s3";

const accountIn = (arn: string) => arn.split(":")[4] ?? "";
