/** From a request and what the evaluator says of it to an attempt. */
import type { Decision } from "../../policies/iam/decide";
import { IamError } from "../../policies/iam/text";
import type { Attempt, ProbeText } from "../probe";
import type { Cloud } from "./cloud";

export interface Request {
  readonly who: string;
  readonly target: string;
  readonly statement: string;
  /** @throws IamError where the evaluator has no answer. */
  readonly decide: () => Decision;
}

/** Makes the requests. What is allowed is through; what the evaluator does not understand is untried. */
export function attemptAll(probe: ProbeText, requests: readonly Request[]): readonly Attempt[] {
  return requests.map(({ decide, ...request }) => ({
    probe: probe.name,
    where: probe.layer,
    ...request,
    ...judge(decide),
  }));
}

/** What a probe of a layer says of everything there that could not be looked at. */
export function gapsOf(probe: ProbeText, { gaps }: Cloud): readonly Attempt[] {
  return gaps
    .filter(({ layer }) => layer === probe.layer)
    .map(({ target, why }) => ({
      probe: probe.name,
      where: probe.layer,
      who: "everybody",
      target,
      statement: "",
      outcome: "untried",
      answer: why,
    }));
}

function judge(decide: Request["decide"]): Pick<Attempt, "outcome" | "answer"> {
  try {
    const { allowed, by } = decide();
    if (allowed) return { outcome: "through", answer: `allowed by ${by.join(", ") || "the account's own policies"}` };
    return { outcome: "refused", answer: by.length > 0 ? `refused by ${by.join(", ")}` : "nothing allows it" };
  } catch (error) {
    if (error instanceof IamError) return { outcome: "untried", answer: `not understood: ${error.message}` };
    throw error;
  }
}

/** A command of AWS's own client, as a shell takes it. @param command such as `s3api get-object` */
export function awsCommand(command: string, options: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  );
  return ["aws", command, ...given].join(" ");
}

/** `GetObject` to `get-object`, `ListObjectsV2` to `list-objects-v2`. */
export const kebabOf = (operation: string): string =>
  operation
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .replace(/([a-z])(V\d)/g, "$1-$2")
    .toLowerCase();

const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
