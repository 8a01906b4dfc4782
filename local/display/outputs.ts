/** What the stack says of itself after `up`: the directory as counts, anything else on a line each; then what to try. */
import pc from "picocolors";
import { z } from "zod";
import { TIERS } from "../../registry/types";
import type { Props } from "../provider";
import { isRecord } from "../wire";
import { renderValue } from "./values";

const directory = z.array(
  z.object({ slug: z.string(), tier: z.enum(TIERS), cell: z.string(), port: z.number(), status: z.string() }),
);
type Row = z.infer<typeof directory>[number];

export function renderOutputs(outputs: Props): readonly string[] {
  const rows = rowsOf(outputs);
  const others = Object.entries(outputs).filter(([key]) => key !== "directory" || rows.length === 0);
  const lines = others.map(([key, value]) => `  ${key}: ${tableSize(value) ?? renderValue(value, false)}`);
  return lines.length === 0 ? renderCells(rows) : [pc.bold("Outputs:"), ...lines, ...renderCells(rows)];
}

/** A table is for programs to read: for people, how long it is. */
const tableSize = (value: unknown): string | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(isRecord) ? `${value.length} rows` : undefined;

function renderCells(rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return [];
  const cells = [...new Set(rows.map(({ cell }) => cell))].sort();
  const width = Math.max(...cells.map((cell) => cell.length));
  const lines = cells.map((cell) => {
    const own = rows.filter((row) => row.cell === cell);
    const tiers = TIERS.flatMap((tier) => counted(own.filter((row) => row.tier === tier).length, tier));
    const shut = SHUT.flatMap((status) => counted(own.filter((row) => row.status === status).length, status));
    const without = shut.length === 0 ? "" : ` (${shut.join(", ")})`;
    return `  ${cell.padEnd(width)}  127.0.0.1:${own[0]?.port}  ${tiers.join(", ")}${without}`;
  });
  return [pc.bold(`Tenants: ${rows.length} in ${cells.length} cells`), ...lines];
}

/** Tenants that are counted with their tier, and cannot log in. */
const SHUT = ["suspended", "offboarding"] as const;

const counted = (count: number, word: string): readonly string[] => (count === 0 ? [] : [`${count} ${word}`]);

/** Commands with the names of tenants that exist. `dev` is the stack of a command that names none. */
export function renderNext(outputs: Props, stack: string): readonly string[] {
  const where = stack === "dev" ? "" : ` --stack ${stack}`;
  const active = rowsOf(outputs).filter(({ status }) => status === "active");
  const own = active.find(({ tier }) => tier === "schema") ?? active.find(({ tier }) => tier === "dedicated");
  const pooled = active.find(({ tier }) => tier === "pooled");
  const tries = [
    ...(own ? [[`npx tenantry secret ${own.slug}${where}`, "its login, from Vault"]] : []),
    ...(own
      ? [[`npx tenantry sql ${own.slug} "select count(*) from topics"${where}`, "as that tenant, in its own schema"]]
      : []),
    ...(pooled
      ? [
          [
            `npx tenantry sql ${pooled.slug} "select count(*) from topics"${where}`,
            "with a signed context, in the shared tables",
          ],
        ]
      : []),
    ...(active[0] ? [[`npx tenantry show ${active[0].slug}${where}`, "where it is, its plan and limits"]] : []),
  ];
  if (tries.length === 0) return [];
  const width = Math.max(...tries.map(([command = ""]) => command.length));
  return [
    pc.bold("Try next:"),
    ...tries.map(([command = "", why]) => `  ${command.padEnd(width)}  ${pc.dim(`# ${why}`)}`),
  ];
}

function rowsOf(outputs: Props): readonly Row[] {
  const parsed = directory.safeParse(outputs.directory);
  return parsed.success ? parsed.data : [];
}
