/** Names of resources: `urn:pulumi:STACK::PROJECT::PARENTTYPE$TYPE::NAME`. */

export const STACK_TYPE = "pulumi:pulumi:Stack";
const PROVIDER_PREFIX = "pulumi:providers:";

export interface UrnParts {
  readonly type: string;
  readonly name: string;
}

export function makeUrn(stack: string, project: string, parent: string, type: string, name: string): string {
  const types = parent.split("::")[2] ?? "";
  const qualified = types === "" || types === STACK_TYPE ? type : `${types}$${type}`;
  return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

export function parseUrn(urn: string): UrnParts {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

/** The package of a type or of an invoke token: `aws:rds/instance:Instance` -> `aws`. */
export const packageOf = (type: string): string => type.split(":")[0] ?? "";

export const isProviderType = (type: string): boolean => type.startsWith(PROVIDER_PREFIX);

export const packageOfProvider = (type: string): string => type.slice(PROVIDER_PREFIX.length);

/** `URN::ID` of a provider resource -> its URN; empty for the default provider. */
export const urnOfReference = (reference: string): string =>
  reference.slice(0, Math.max(0, reference.lastIndexOf("::")));
