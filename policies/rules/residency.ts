/** Data of a tenant that may be in certain regions alone is there, and so are its key and its backups. */
import { plansOf } from "../backup-tag";
import { listOf, valuesOf } from "../plain";
import { type Subject, stackRule } from "../rule";
import { tagsOf } from "../tags";

const RESIDENCY_TAG = "tenantry:residency";
const VAULT = "aws:backup/vault:Vault";

export const residency = stackRule({
  name: "region-within-residency",
  description:
    "What carries the tag tenantry:residency, a list of regions, is made in one of them, names ARNs of these regions alone, and is copied to them alone by the backup plans that share its tag tenantry:backup.",
  severity: "critical",
  remediation: "Write another region, key or copyTo at the tenant in the registry, or its residency",
  concerns: (subject) => typeof tagsOf(subject)[RESIDENCY_TAG] === "string",
  check: (subject, _config, stack) => {
    const allowed = String(tagsOf(subject)[RESIDENCY_TAG]).split(" ");
    const outside = (region: string | undefined) => region !== undefined && !allowed.includes(region);
    const found = [
      { what: "It is", region: regionOf(subject) },
      ...arnsIn(subject.props).map((arn) => ({ what: `${arn} is`, region: arn.split(":")[3] })),
      ...plansOf(subject, stack).flatMap((plan) => destinationsOf(plan, stack)),
    ];
    return found
      .filter(({ region }) => outside(region))
      .map(({ what, region }) => `${what} in ${region}; the data may be in ${allowed.join(", ")}`);
  },
});

/** Of the resource itself, where the provider takes one, else of its provider. */
const regionOf = ({ props, provider }: Subject): string | undefined =>
  [props.region, provider.region].find((region) => typeof region === "string");

/** ARNs that name a region; those of IAM and S3 name none. */
function arnsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return /^arn:aws[a-z-]*:[a-z0-9-]+:[a-z]{2}-[a-z-]+-\d:/.test(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(arnsIn);
  return Object.values(valuesOf(value)).flatMap(arnsIn);
}

interface Destination {
  readonly what: string;
  readonly region: string | undefined;
}

/** Where a plan puts backups and copies: its ARNs, or while they are not known the vaults that it is made from. */
function destinationsOf(plan: Subject, stack: readonly Subject[]): readonly Destination[] {
  const what = `Its backup plan ${plan.name} has a vault`;
  const named = listOf(plan.props.rules)
    .flatMap((rule) => listOf(valuesOf(rule).copyActions))
    .flatMap((copy) => arnsIn(valuesOf(copy).destinationVaultArn))
    .map((arn) => ({ what, region: arn.split(":")[3] }));
  const vaults = stack.filter(({ type, urn }) => type === VAULT && plan.madeFrom.includes(urn));
  return [...named, ...vaults.map((vault) => ({ what, region: regionOf(vault) }))];
}
