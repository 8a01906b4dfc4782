/** Who pays for a resource, whose data it serves and whom to ask: known from its tags alone, in the bill and in the console. */
import { UNKNOWN } from "../plain";
import { resourceRule, type Subject } from "../rule";
import types from "../taggable-types.json";
import { tagsOf } from "../tags";
import { componentsOf } from "../urn";

const TAGGABLE: ReadonlySet<string> = new Set(types);

const EVERYWHERE = ["tenantry:stack", "tenantry:owner"] as const;
const CELLS: readonly string[] = ["tenantry:components:Cell", "tenantry:components:DedicatedTenant"];
const DEDICATED = "tenantry:components:DedicatedTenant";

export const requiredTags = resourceRule({
  name: "required-tags",
  description:
    "Everything that AWS can tag carries tenantry:stack and tenantry:owner; what belongs to a cell tenantry:cell; what belongs to a dedicated tenant tenantry:plan.",
  severity: "medium",
  remediation:
    "Create it with the provider of its region, which adds stack and owner (`pulumi config set tenantry:owner <team>`), and pass the cell's `tags`",
  concerns: ({ type }) => TAGGABLE.has(type),
  check: (subject) => {
    const tags = tagsOf(subject);
    if (subject.props.tags === UNKNOWN) return [];
    const missing = wantedOn(subject).filter((key) => !isFilled(tags[key]));
    return missing.length === 0 ? [] : [`It lacks the tag${missing.length === 1 ? "" : "s"} ${missing.join(", ")}`];
  },
});

function wantedOn({ urn }: Subject): readonly string[] {
  const components = componentsOf(urn);
  const inCell = components.some((type) => CELLS.includes(type));
  return [
    ...EVERYWHERE,
    ...(inCell ? ["tenantry:cell"] : []),
    ...(components.includes(DEDICATED) ? ["tenantry:plan"] : []),
  ];
}

const isFilled = (value: unknown) => value === UNKNOWN || (typeof value === "string" && value.trim() !== "");
