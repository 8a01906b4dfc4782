/** What the program registers, to be spoiled: copies of registrations with one thing changed. */
import { join } from "node:path";
import { registrationsOf } from "../../cli/hold-policies";
import { loadProject } from "../../local/project";
import { type PackConfig, packConfigOf } from "../../policies/config";
import { evaluate, type Registration, type RuleReport } from "../../policies/evaluate";
import { isValues, type Values } from "../../policies/plain";
import { RULES } from "../../policies/rules";

const ROOT = join(__dirname, "..", "..");

export interface EstateOfStack {
  readonly registrations: readonly Registration[];
  readonly config: PackConfig;
}

/** Runs the program for a stack of this project. Resources register in any order; here they stand by URN. */
export async function estateOf(stack: string): Promise<EstateOfStack> {
  const project = loadProject(ROOT, stack);
  const registrations = [...(await registrationsOf(project))].sort((a, b) => (a.urn < b.urn ? -1 : 1));
  return { registrations, config: packConfigOf(project.config) };
}

export const judge = ({ registrations, config }: EstateOfStack): Promise<readonly RuleReport[]> =>
  evaluate(RULES, registrations, config);

/** What is violated: `rule: name of the resource: message`. */
export async function violationsIn(estate: EstateOfStack): Promise<readonly string[]> {
  const reports = await judge(estate);
  return reports.flatMap(({ violations }) =>
    violations.map(({ rule, urn, message }) => `${rule}: ${urn.split("::").pop()}: ${message}`),
  );
}

type Change = Partial<Omit<Registration, "props">> & { readonly props?: Values };
type Pick = (registration: Registration) => boolean;

export const ofType =
  (type: string, also: Pick = () => true): Pick =>
  (registration) =>
    registration.type === type && also(registration);

/** The first registration of `pick`. */
export function find({ registrations }: EstateOfStack, pick: Pick): Registration {
  const found = registrations.find(pick);
  if (found === undefined) throw new Error("the estate has no such resource");
  return found;
}

/** The estate with the first resource of `pick` changed; `props` are laid over its inputs, `undefined` takes one out. */
export function spoil(estate: EstateOfStack, pick: Pick, { props = {}, ...options }: Change): EstateOfStack {
  const victim = find(estate, pick);
  const spoilt = { ...victim, ...options, props: { ...victim.props, ...props } };
  const registrations = estate.registrations.map((each) => (each === victim ? spoilt : each));
  return { ...estate, registrations };
}

/** The estate without the first resource of `pick`. */
export function without(estate: EstateOfStack, pick: Pick): EstateOfStack {
  const victim = find(estate, pick);
  return { ...estate, registrations: estate.registrations.filter((each) => each !== victim) };
}

/** The estate with a resource that somebody made beside it, with a provider of its own region. */
export function beside(estate: EstateOfStack, type: string, props: Values, options: Change = {}): EstateOfStack {
  const provider = find(estate, ofType("pulumi:providers:aws"));
  const extra: Registration = {
    urn: `urn:pulumi:prod::tenantry::${type}::extra`,
    name: "extra",
    parent: "",
    provider: provider.urn,
    protect: true,
    ignoreChanges: [],
    propertyDependencies: {},
    ...options,
    type,
    props,
  };
  return { ...estate, registrations: [...estate.registrations, extra] };
}

/** The tags of a resource with others laid over them. */
export const tagged = ({ props }: Registration, tags: Values): Values => ({
  tags: { ...(isValues(props.tags) ? props.tags : {}), ...tags },
});
