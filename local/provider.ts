/** What the local engine asks of a provider: the part of the Pulumi SDK's own provider interface that Tenantry's types need. */
import type { provider } from "@pulumi/pulumi";

/** Resource properties, secrets opened; at preview an unknown value is `UNKNOWN`. */
export type Props = Readonly<Record<string, unknown>>;

/** The engine protocol's sentinel for a value that is known only after `up`. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export interface Diff {
  readonly changes: boolean;
  /** Properties whose change needs a new resource. */
  readonly replaces?: readonly string[];
  readonly deleteBeforeReplace?: boolean;
  /** Outputs that the update will change: unknown at preview. All others keep their value. */
  readonly computed?: readonly string[];
}

/**
 * The methods of `pulumi.provider.Provider`, all of them present. `urn` carries type and name. Methods other than `check` and
 * `diff` are called by `up`, `refresh` and `destroy` only. A thrown error may carry `id`, `properties` and `reasons`: what was
 * done before it failed, to be kept in the state.
 */
export interface LocalProvider {
  check(urn: string, olds: Props, news: Props): Promise<{ inputs: Props; failures: readonly provider.CheckFailure[] }>;
  /** `olds` are the old outputs, as in the SDK; `oldInputs` what the program asked for then. Never connects. */
  diff(id: string, urn: string, olds: Props, news: Props, oldInputs: Props): Promise<Diff>;
  create(urn: string, inputs: Props): Promise<{ id: string; outs: Props }>;
  /**
   * No `id` in the answer: the resource is gone. Without `props` the resource is to be imported: a type that can be gives the
   * `inputs` that a program would have written for it.
   */
  read(id: string, urn: string, props: Props): Promise<Found>;
  update(id: string, urn: string, olds: Props, news: Props): Promise<{ outs: Props }>;
  /** Throws when AWS would refuse the deletion for ever, as it does with deletion protection. @default nothing is refused */
  assertDeletable?(urn: string, props: Props): void;
  /** Succeeds when the resource is already gone. */
  delete(id: string, urn: string, props: Props): Promise<void>;
  invoke(token: string, inputs: Props): Promise<{ outputs: Props }>;
}

export interface Found {
  readonly id?: string;
  readonly props?: Props;
  readonly inputs?: Props;
}

/** What a local run gives its providers. */
export interface LocalContext {
  readonly stack: string;
  /** Directory of the stack's servers and files on this machine, reachable for the user that PostgreSQL runs as. */
  readonly home: string;
  /** Prints a progress line under the resource, such as "starting PostgreSQL 17". */
  progress(urn: string, message: string): void;
}

/** One package: makes a provider from the inputs of its `pulumi:providers:<package>` resource (empty for the default one). */
export type ProviderFactory = (context: LocalContext, config: Props) => LocalProvider;

/** What the machine adds to a run: environment of program and providers, and stack configuration (`tenantry:vaultAddress`). */
export interface Prepared {
  readonly env: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, string>>;
}

/** All that one machine offers in place of a cloud. */
export interface StandIns {
  /** By package: `aws`, `random`, ... */
  readonly factories: Readonly<Record<string, ProviderFactory>>;
  /** True for a type whose inputs are checked and whose outputs are made up. */
  isSimulated(type: string): boolean;
  /** Before up, refresh and destroy, under the stack's lock: starts what must run. */
  prepare(context: LocalContext): Promise<Prepared>;
  /** Before preview: reads what the last `prepare` left, starts and changes nothing. */
  preparePreview(context: LocalContext): Promise<Prepared>;
  /** At the end of a destroy: stops everything and removes its data, damaged or not. */
  cleanup(context: LocalContext): Promise<void>;
}
