/** The lints: `sql/lint/<name>.sql`, each a query for what is wrong. Names are for good: people write them down elsewhere. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TenantryError } from "../registry/errors";

const SEVERITIES = ["error", "warning"] as const;
type Severity = (typeof SEVERITIES)[number];

export interface Lint {
  /** Of its file. */
  readonly name: string;
  readonly severity: Severity;
  /** What is true where nothing is found. */
  readonly holds: string;
  /** What to type against a finding; `<words>` stand for names. */
  readonly fix: string;
  /** One query over `lint-sources.ts`, with an object and what is wrong with it. No rows: all is well. */
  readonly sql: string;
}

const DIRECTIVE = /^--! (severity|holds|fix): (.+)$/;

/** Reads all lints of a folder, by name. @throws TenantryError TN-334 for a file without its three directives. */
export function loadLints(dir: string): readonly Lint[] {
  const files = readdirSync(dir).filter((file) => file.endsWith(".sql"));
  return files.sort().map((file) => parseLint(file, readFileSync(join(dir, file), "utf8")));
}

function parseLint(file: string, text: string): Lint {
  const lines = text.split("\n");
  const body = lines.findIndex((line) => !line.startsWith("--!"));
  const directives = new Map<string, string>();
  for (const line of lines.slice(0, body)) {
    const [, kind, said] = DIRECTIVE.exec(line) ?? [];
    if (kind !== undefined && said !== undefined) directives.set(kind, said);
  }
  const severity = SEVERITIES.find((known) => known === directives.get("severity"));
  const [holds, fix] = [directives.get("holds"), directives.get("fix")];
  if (severity === undefined || holds === undefined || fix === undefined) {
    throw new TenantryError(
      "TN-334",
      `sql/lint/${file} begins with three directives: \`--! severity: ${SEVERITIES.join("|")}\`, \`--! holds: ...\`, \`--! fix: ...\``,
    );
  }
  return { name: file.replace(/\.sql$/, ""), severity, holds, fix, sql: lines.slice(body).join("\n").trimEnd() };
}
