/** Questions that tests ask of a recording. */
import { TenantEstate } from "../../components/tenant-estate";
import type { DirectoryRow, Estate } from "../../registry/types";
import { stackOf } from "./estates";
import { type Recording, type Registration, record } from "./recorder";

export type EstateRecording = Recording<readonly DirectoryRow[]>;

/** Registers the whole estate of a stack; `changes` are laid over its configuration, `without` are left out of it. */
export function recordEstate(
  estate: Estate,
  changes: Readonly<Record<string, string>> = {},
  without: readonly string[] = [],
): Promise<EstateRecording> {
  return record(() => new TenantEstate("estate", stackOf(estate, changes, without)).directory);
}

export const ofType = ({ registrations }: EstateRecording, type: string): Registration[] =>
  registrations.filter((one) => one.type === type);

/** The one registration with this type and name. */
export function one(recording: EstateRecording, type: string, name: string): Registration {
  const found = ofType(recording, type).filter((each) => each.name === name);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} registrations of ${type} ${name}`);
  return found[0];
}

/** URN of an explicit provider, without its id. */
export const providerUrn = ({ provider }: Registration): string => provider.slice(0, provider.lastIndexOf("::"));

/** The package that a type belongs to: `aws`, `tenantry`, `pulumi`. */
export const packageOf = ({ type }: Registration): string => type.split(":")[0] ?? "";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** True for a value that goes over the wire as a secret. */
export const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Reflect.get(value, SIGNATURE) === SECRET;

/** What can be read in a value without opening its secrets. */
export function readable(value: unknown): unknown {
  if (isSecret(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner)]));
}
