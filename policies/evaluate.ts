/** Runs rules of @pulumi/policy in this process, as the Pulumi CLI runs a pack, over what a program registered. */
import {
  type EnforcementLevel,
  type PolicyResource,
  type PolicyResourceOptions,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
  UnknownValueError,
  unknownCheckingProxy,
} from "@pulumi/policy";
import { configOf, levelOf, type PackConfig } from "./config";
import type { Values } from "./plain";
import { type Rule, subjectOf } from "./rule";

/** A resource as an engine would tell a pack of it. Secrets are opened; what is not known is the engine's mark for it. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly props: Values;
  readonly protect: boolean;
  readonly ignoreChanges: readonly string[];
  readonly deleteBeforeReplace?: boolean;
  /** URN of the parent, or empty. */
  readonly parent: string;
  /** URN of the provider's own registration, or empty for a default one. */
  readonly provider: string;
  /** Input to the URNs of the resources that it was made from. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

interface Violation {
  readonly rule: string;
  readonly level: EnforcementLevel;
  readonly urn: string;
  readonly message: string;
}

export interface RuleReport {
  readonly rule: string;
  /** Resources that the rule had something to say about. A rule that looked at none has held nothing. */
  readonly looked: number;
  /** Resources that it cannot judge before `up`. */
  readonly unknown: number;
  readonly violations: readonly Violation[];
}

type Policy = ResourceValidationPolicy | StackValidationPolicy;

/** Every policy over every resource; those that are disabled are left out. An error inside of a rule is thrown. */
export async function evaluate(
  policies: readonly (Policy | Rule)[],
  stack: readonly Registration[],
  config: PackConfig,
): Promise<readonly RuleReport[]> {
  const resources = resourcesOf(stack);
  const reports: RuleReport[] = [];
  for (const policy of policies) {
    const enforcementLevel = levelOf(config, policy.name) ?? policy.enforcementLevel ?? "advisory";
    if (enforcementLevel === "disabled") continue;
    reports.push(await judge({ ...policy, enforcementLevel }, resources, configOf(config, policy.name)));
  }
  return reports;
}

async function judge(policy: Policy | Rule, resources: readonly PolicyResource[], config: Values): Promise<RuleReport> {
  const { name: rule, enforcementLevel: level = "advisory" } = policy;
  const violations: Violation[] = [];
  const report = (own: string) => (message: string, urn?: string) => {
    violations.push({ rule, level, urn: urn ?? own, message });
  };
  const told = { getConfig: <T extends object>() => config as T, notApplicable, stackTags: new Map<string, string>() };
  const outcomes: Outcome[] = [];
  if ("validateStack" in policy) {
    const outcome = await outcomeOf(() => policy.validateStack({ ...told, resources: [...resources] }, report("")));
    const looked = "looksAt" in policy ? resources.filter((each) => policy.looksAt(subjectOf(each))).length : 1;
    outcomes.push(...Array.from({ length: looked }, () => outcome));
  } else {
    for (const resource of resources) {
      const args: ResourceValidationArgs = { ...resource, ...told, asType: asType(resource) };
      for (const validate of [policy.validateResource ?? []].flat()) {
        outcomes.push(await outcomeOf(() => validate(args, report(resource.urn))));
      }
    }
  }
  const count = (which: Outcome) => outcomes.filter((outcome) => outcome === which).length;
  return { rule, looked: count("judged"), unknown: count("unknown"), violations };
}

type Outcome = "judged" | "unknown" | "not applicable";

async function outcomeOf(validate: () => Promise<void> | void): Promise<Outcome> {
  try {
    await validate();
    return "judged";
  } catch (error) {
    if (error === NOT_APPLICABLE) return "not applicable";
    if (error instanceof UnknownValueError) return "unknown";
    throw error;
  }
}

/** One for all: most rules say it of most resources, and each new error would draw a stack. */
const NOT_APPLICABLE = new Error("the rule does not apply");

function notApplicable(): never {
  throw NOT_APPLICABLE;
}

/** The form in which the policy SDK hands resources to rules: inputs that refuse to be read while they are not known. */
function resourcesOf(stack: readonly Registration[]): readonly PolicyResource[] {
  const byUrn = new Map(stack.map((each) => [each.urn, resourceOf(each)]));
  for (const { urn, parent, provider, propertyDependencies } of stack) {
    const resource = byUrn.get(urn);
    if (resource === undefined) continue;
    const above = byUrn.get(parent);
    if (above !== undefined) resource.parent = above;
    const configured = byUrn.get(provider);
    if (configured !== undefined) resource.provider = configured;
    for (const [input, urns] of Object.entries(propertyDependencies)) {
      resource.propertyDependencies[input] = urns.flatMap((each) => byUrn.get(each) ?? []);
    }
    resource.dependencies = [...new Set(Object.values(resource.propertyDependencies).flat())];
  }
  return [...byUrn.values()];
}

function resourceOf({ urn, type, name, props, ...options }: Registration): PolicyResource {
  const known = { type, props: unknownCheckingProxy({ ...props }) };
  const none = { dependencies: [], propertyDependencies: {} };
  const isType = (resourceClass: object) => typeOf(resourceClass) === type;
  return { ...known, ...none, urn, name, opts: optionsOf(options), isType, asType: asType(known) };
}

/** What `validateResourceOfType` and its like ask: the properties, for a resource of that class. */
const asType =
  ({ type, props }: Pick<PolicyResource, "type" | "props">) =>
  (resourceClass: object) =>
    typeOf(resourceClass) === type ? unknownCheckingProxy(props) : undefined;

/** Every class of a Pulumi package carries the type of its resources. */
const typeOf = (resourceClass: object): unknown => Reflect.get(resourceClass, "__pulumiType");

type Options = Pick<Registration, "protect" | "ignoreChanges" | "deleteBeforeReplace" | "parent">;

const optionsOf = ({ protect, ignoreChanges, deleteBeforeReplace, parent }: Options): PolicyResourceOptions => ({
  protect,
  ignoreChanges: [...ignoreChanges],
  aliases: [],
  additionalSecretOutputs: [],
  customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
  parent,
  ...(deleteBeforeReplace === undefined ? {} : { deleteBeforeReplace }),
});
