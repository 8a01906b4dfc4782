/** A rule as it is written here, and the @pulumi/policy rule that it becomes. */
import type {
  PolicyConfigSchema,
  PolicyResourceOptions,
  ReportViolation,
  ResourceValidationPolicy,
  Severity,
  StackValidationPolicy,
} from "@pulumi/policy";
import { plain, type Values, valuesOf } from "./plain";

/** What a rule sees of a resource. */
export interface Subject {
  readonly urn: string;
  /** Such as `aws:rds/instance:Instance`. */
  readonly type: string;
  readonly name: string;
  /** Inputs after the provider's defaults; for a rule on the stack, what is left of them in the state. */
  readonly props: Values;
  readonly options: Pick<PolicyResourceOptions, "protect" | "ignoreChanges" | "deleteBeforeReplace">;
  /** Inputs of the explicit or default provider; empty without one. */
  readonly provider: Values;
  /** URNs of the resources whose outputs the inputs were made from. Empty for a rule on one resource. */
  readonly madeFrom: readonly string[];
}

interface Words {
  /** Unique, in kebab case: what `--policy-pack-config` names. */
  readonly name: string;
  readonly description: string;
  /** What to do about a violation. */
  readonly remediation: string;
  readonly severity: Severity;
  readonly config?: PolicyConfigSchema;
}

interface ResourceRule extends Words {
  /** Whether the rule has anything to say about a resource. What it does not concern is not counted as looked at. */
  readonly concerns: (subject: Subject) => boolean;
  /** What is wrong, one sentence each. */
  readonly check: (subject: Subject, config: Values) => readonly string[];
}

interface StackRule extends Words {
  readonly concerns: (subject: Subject) => boolean;
  readonly check: (subject: Subject, config: Values, stack: readonly Subject[]) => readonly string[];
}

/** A @pulumi/policy rule that tells what it looks at. */
export type Rule = (ResourceValidationPolicy | StackValidationPolicy) & {
  readonly looksAt: (subject: Subject) => boolean;
};

/** A rule that can judge a resource by itself: it refuses before anything is made. */
export function resourceRule({ concerns, check, ...words }: ResourceRule): ResourceValidationPolicy & Rule {
  return {
    ...wordsOf(words),
    looksAt: concerns,
    validateResource: (args, report) => {
      const subject = subjectOf(args);
      if (!concerns(subject)) args.notApplicable(`nothing that ${words.name} is about`);
      reportAll(check(subject, valuesOf(args.getConfig())), words, report);
    },
  };
}

/** A rule that needs to see other resources too: it judges at the end of a preview, and once more at the end of an `up`. */
export function stackRule({ concerns, check, ...words }: StackRule): StackValidationPolicy & Rule {
  return {
    ...wordsOf(words),
    looksAt: concerns,
    validateStack: (args, report) => {
      const stack = args.resources.map((resource) =>
        subjectOf(
          resource,
          Object.values(resource.propertyDependencies).flatMap((made) => made.map(({ urn }) => urn)),
        ),
      );
      const subjects = stack.filter(concerns);
      if (subjects.length === 0) args.notApplicable(`nothing that ${words.name} is about`);
      for (const subject of subjects) {
        reportAll(check(subject, valuesOf(args.getConfig()), stack), words, report, subject.urn);
      }
    },
  };
}

const wordsOf = ({ name, description, remediation, severity, config }: Words) => ({
  name,
  description,
  severity,
  enforcementLevel: "mandatory" as const,
  remediationSteps: remediation,
  ...(config === undefined ? {} : { configSchema: config }),
});

function reportAll(
  messages: readonly string[],
  { remediation }: Words,
  report: ReportViolation,
  ...urn: readonly string[]
): void {
  for (const message of messages) report(`${message}. ${remediation}`, ...urn);
}

interface Judged {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly props: object;
  readonly opts: PolicyResourceOptions;
  readonly provider?: { readonly props: object };
}

/** Reads what the policy SDK hands to a rule, when it is asked for: most rules look at the type and go on. */
export function subjectOf(
  { urn, type, name, props, opts, provider }: Judged,
  madeFrom: readonly string[] = [],
): Subject {
  return {
    urn,
    type,
    name,
    get props() {
      return read(props);
    },
    options: opts,
    get provider() {
      return provider === undefined ? {} : read(provider.props);
    },
    madeFrom,
  };
}

/** What has been read already, for the next rule. */
const READ = new WeakMap<object, Values>();

function read(props: object): Values {
  const known = READ.get(props) ?? valuesOf(plain(props));
  READ.set(props, known);
  return known;
}
