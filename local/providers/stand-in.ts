/** A package's stand-in: one entry per resource type and per function, and what all entries have in common. */
import { isDeepStrictEqual } from "node:util";
import type { provider } from "@pulumi/pulumi";
import { TenantryError } from "../../registry/errors";
import { type Diff, type Found, type LocalProvider, type Props, UNKNOWN } from "../provider";
import { parseUrn } from "../urn";

/** What stands for one resource type. Ids, inputs and outputs are those of the real provider. */
export interface StandIn {
  readonly required: readonly string[];
  /** Inputs whose change needs a new resource. */
  readonly replaceOn: readonly string[];
  /** Inputs that the provider fills in, such as a name of its own; `olds` are the last inputs, filled in. */
  fill?(urn: string, inputs: Props, olds: Props): Props;
  /** What is wrong with inputs that are all there. Unknown values are skipped by `rule`. */
  check?(inputs: Props, olds: Props): readonly provider.CheckFailure[];
  /** Differences that the inputs do not show: returns the outputs that an update would change. */
  differs?(olds: Props, news: Props): readonly string[];
  /** Inputs that are not compared: the machine decides them. */
  readonly ignores?: readonly string[];
  create(urn: string, inputs: Props): Promise<{ id: string; outs: Props }>;
  read(id: string, urn: string, props: Props): Promise<Found>;
  update(id: string, urn: string, olds: Props, news: Props): Promise<{ outs: Props }>;
  /** Throws while the real provider would refuse the deletion. */
  assertDeletable?(props: Props): void;
  delete(id: string, urn: string, props: Props): Promise<void>;
}

export type StandInFunction = (args: Props) => Promise<Props>;

export interface Package {
  /** Where a missing type is to be added. */
  readonly file: string;
  readonly types: Readonly<Record<string, StandIn>>;
  readonly functions?: Readonly<Record<string, StandInFunction>>;
}

export function makeProvider({ file, types, functions = {} }: Package): LocalProvider {
  const find = (urn: string) => {
    const { type } = parseUrn(urn);
    return types[type] ?? missing(`type ${type}`, file);
  };
  return {
    check: async (urn, olds, news) => checkInputs(find(urn), urn, olds, news),
    diff: async (_id, urn, olds, news, oldInputs) => compare(find(urn), olds, news, oldInputs),
    create: (urn, inputs) => find(urn).create(urn, inputs),
    read: (id, urn, props) => find(urn).read(id, urn, props),
    update: (id, urn, olds, news) => find(urn).update(id, urn, olds, news),
    assertDeletable: (urn, props) => find(urn).assertDeletable?.(props),
    delete: async (id, urn, props) => {
      find(urn).assertDeletable?.(props);
      await find(urn).delete(id, urn, props);
    },
    invoke: async (token, args) => ({ outputs: await (functions[token] ?? missing(`function ${token}`, file))(args) }),
  };
}

/** A failure, unless the value is missing, unknown or as `holds` says. */
export function rule(
  inputs: Props,
  property: string,
  holds: (value: unknown) => boolean,
  reason: string,
): provider.CheckFailure[] {
  const value = inputs[property];
  return value === undefined || value === UNKNOWN || holds(value) ? [] : [{ property, reason }];
}

export const matches = (pattern: RegExp) => (value: unknown) => typeof value === "string" && pattern.test(value);

/** An input or output that must be text. @throws TenantryError TN-527. */
export function text(props: Props, property: string): string {
  const value = props[property];
  if (typeof value === "string" && value !== UNKNOWN) return value;
  throw new TenantryError(
    "TN-527",
    `${property} must be text and known; it is ${value === UNKNOWN ? "unknown" : typeof value}`,
  );
}

function checkInputs(standIn: StandIn, urn: string, olds: Props, news: Props) {
  const inputs = { ...news, ...standIn.fill?.(urn, news, olds) };
  const missing = standIn.required.filter((property) => inputs[property] === undefined || inputs[property] === null);
  const failures = missing.map((property) => ({ property, reason: "is required" }));
  return { inputs, failures: [...failures, ...(standIn.check?.(inputs, olds) ?? [])] };
}

function compare(standIn: StandIn, olds: Props, news: Props, oldInputs: Props): Diff {
  const names = new Set([...Object.keys(oldInputs), ...Object.keys(news)]);
  for (const name of standIn.ignores ?? []) names.delete(name);
  const changed = [...names].filter((name) => !isDeepStrictEqual(oldInputs[name], news[name]));
  const replaces = changed.filter((name) => standIn.replaceOn.includes(name));
  const computed = standIn.differs?.(olds, news) ?? [];
  return { changes: changed.length + computed.length > 0, replaces, computed };
}

function missing(what: string, file: string): never {
  throw new TenantryError("TN-506", `${what} has no stand-in on this machine: add one to ${file}`);
}
