/** The tables of docs/isolation.md, from the probes and their controls, so that the page cannot say anything else than these. */
import { CLOUD_PROBES } from "../../prove/iam/probes";
import type { ControlText, ProbeText } from "../../prove/probe";
import { SQL_PROBES } from "../../prove/sql/probes";
import { liveLogins } from "../../prove/vault/live";
import { VAULT_PROBES } from "../../prove/vault/probes";
import { CONTROLS } from "./controls";
import { CLOUD_CONTROLS } from "./controls-cloud";
import { LIVE_CONTROLS, VAULT_CONTROLS } from "./controls-vault";

const START = "<!-- attacks: written by `npm run isolation:docs` -->";
const END = "<!-- end of attacks -->";

const PROBES: readonly ProbeText[] = [...SQL_PROBES, ...CLOUD_PROBES, ...VAULT_PROBES, liveLogins];
const ALL_CONTROLS: readonly ControlText[] = [...CONTROLS, ...CLOUD_CONTROLS, ...VAULT_CONTROLS, ...LIVE_CONTROLS];

/** What runs on every major version is not marked. */
const MAJORS = [16, 17, 18];

const LAYERS: readonly (readonly [string, readonly ProbeText["layer"][], string])[] = [
  ["Rows, schemas, roles", ["sql"], `PostgreSQL ${MAJORS.join(", ")}; a control on some of them alone says on which`],
  ["Files", ["s3", "iam", "kms"], "The policies that a stack has, evaluated"],
  ["Secrets", ["vault"], "The policies that a Vault has, evaluated; `vault-live-logins` on the running Vault"],
];

/** Markdown: a table for each layer, a row for each attack. @throws Error for an attack without a control */
export function renderAttacks(): string {
  return LAYERS.map(([title, layers, servers]) => {
    const probes = PROBES.filter(({ layer }) => layers.includes(layer));
    const rows = probes.map((probe) => `| ${cellsOf(probe).map(cellOf).join(" | ")} |`);
    return [
      `### ${title}\n`,
      `${servers}.\n`,
      "| Attack | What it does | What stops it | It gets through once |",
      "|---|---|---|---|",
      ...rows,
    ].join("\n");
  }).join("\n\n");
}

function cellsOf({ name, attack, guard }: ProbeText): readonly string[] {
  const controls = ALL_CONTROLS.filter(({ probe }) => probe === name);
  if (controls.length === 0) throw new Error(`${name} has no control`);
  return [`\`${name}\``, attack, guard, controls.map(renderControl).map(cellOf).join("<br>")];
}

const renderControl = ({ removes, servers }: ControlText): string =>
  servers.length === 0 || servers.length === MAJORS.length ? removes : `${removes} (${servers.join(", ")})`;

/** The page with the tables between its two marks. @throws Error for a page without them */
export function withAttacks(page: string, tables: string): string {
  const [before, rest] = page.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page needs the lines ${START} and ${END}`);
  return `${before}${START}\n${tables}\n${END}${after}`;
}

/** Some sentences of probes begin small and end without a period, others not. */
const cellOf = (text: string) =>
  (text.charAt(0).toUpperCase() + text.slice(1)).replace(/\.$/, "").replaceAll("|", "\\|").replaceAll("\n", " ");
