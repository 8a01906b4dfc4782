/** AWS resources that exist in the state alone: inputs checked, outputs made up in the form that AWS gives them. */
import { isDeepStrictEqual } from "node:util";
import type { Props } from "../../provider";
import { parseUrn } from "../../urn";
import { isRecord } from "../../wire";
import { matches, rule, type StandIn } from "../stand-in";
import { type Site, token } from "./site";

/** One row of a service's table. */
export interface Simulated extends Pick<StandIn, "required" | "replaceOn" | "check"> {
  /** Input that names the resource: drawn from the logical name when it is missing, as the provider does. */
  readonly named?: string;
  /** Whether AWS keeps tags for it. */
  readonly tagged?: boolean;
  /** What AWS adds to the inputs. `seed` tells resources of the same inputs apart. */
  outputs(inputs: Props, site: Site, seed: string): Props & { readonly id: string };
}

export function simulate(row: Simulated, site: Site): StandIn {
  const { required, replaceOn, check } = row;
  const tagsOf = (inputs: Props) => ({ ...site.defaultTags, ...(isRecord(inputs.tags) ? inputs.tags : {}) });
  const tags = (inputs: Props) => (row.tagged ? { tagsAll: tagsOf(inputs) } : {});
  return {
    required,
    replaceOn,
    ...(check && { check }),
    fill: (urn, inputs, olds) => nameOf(row, urn, inputs, olds),
    differs: (olds, news) => (row.tagged && !isDeepStrictEqual(olds.tagsAll, tagsOf(news)) ? ["tagsAll"] : []),
    create: async (urn, inputs) => {
      const outputs = row.outputs(inputs, site, token(40, urn, JSON.stringify(inputs)));
      return { id: outputs.id, outs: { ...outputs, ...inputs, ...tags(inputs) } };
    },
    read: async (id, _urn, props) => ({ id, props }),
    update: async (_id, urn, olds, news) => {
      const outputs = row.outputs(news, site, token(40, urn));
      const kept = Object.keys(outputs).map((key) => [key, olds[key] ?? outputs[key]] as const);
      return { outs: { ...Object.fromEntries(kept), ...news, ...tags(news) } };
    },
    delete: async () => {},
  };
}

/** A failure for a document that is not JSON: AWS takes text and refuses it only then. */
export const jsonText = (inputs: Props, property: string) => rule(inputs, property, isJson, "must be a JSON document");

/** A failure for a name that AWS would refuse. */
export const named = (inputs: Props, property: string, pattern: RegExp, reason: string) =>
  rule(inputs, property, matches(pattern), reason);

/** A name that was filled in stays, whatever stack the resource is moved to. What takes its place beside it has another one. */
function nameOf({ named: property, replaceOn = [] }: Simulated, urn: string, inputs: Props, olds: Props): Props {
  if (property === undefined || inputs[property] !== undefined) return {};
  const prefix = inputs[`${property}Prefix`] ?? `${parseUrn(urn).name}-`;
  const before = olds[property];
  if (typeof before !== "string" || !before.startsWith(String(prefix)))
    return { [property]: `${prefix}${token(7, urn)}` };
  const replaced = replaceOn.some((each) => each !== property && !isDeepStrictEqual(inputs[each], olds[each]));
  return { [property]: replaced ? `${prefix}${token(7, urn, before)}` : before };
}

function isJson(value: unknown): boolean {
  try {
    return typeof value === "string" && isRecord(JSON.parse(value));
  } catch {
    return false;
  }
}
