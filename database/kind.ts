/** What a cell is for. Pure. */
import { schemaOf, UNNAMED_SCHEMA } from "../registry/names";
import type { TenantRow } from "./tenant-rows";
import type { DesiredCell } from "./types";

/**
 * True for a shared cell, be it empty. A dedicated tenant is a cell of one, and where all make their own tables nobody is
 * pooled: such a cell needs no pooled schema, no application login and no signing key, and what is not there cannot be stolen.
 */
export function pooledHere(desired: DesiredCell, rows: readonly TenantRow[]): boolean {
  const lines = Object.values(desired.tenants);
  if (lines.length + rows.length === 0) return true;
  const pooled = lines.some((line) => !line.startsWith("dedicated ") && !isOwn(line));
  return pooled || rows.some(({ tier, tables }) => tier !== "dedicated" && tables !== "own");
}

/** A tenant that may have, or wants, roles and a schema of its own. */
export interface Houseable {
  readonly slug: string;
  readonly schema: string;
}

/** Those that move count, wherever to. */
export const housedIn = ({ tenants }: DesiredCell): readonly Houseable[] =>
  Object.entries(tenants)
    .filter(([, line]) => !line.startsWith("pooled ") || line.includes(" from="))
    .map(([slug, line]) => ({
      slug,
      schema: line.startsWith("dedicated ") && isOwn(line) ? UNNAMED_SCHEMA : schemaOf(slug),
    }));

/** The id comes last in a line. */
const isOwn = (line: string): boolean => line.includes(" tables=own ");
