/**
 * What a schema must look like, read from one that is made for it and rolled back. Not from what the first tenant looks like:
 * that one may have drifted. A file that fails does so here, before any tenant is touched.
 */
import { randomUUID } from "node:crypto";
import { type Client, DatabaseError } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLES } from "../registry/names";
import type { KnownShape } from "./cell-facts";
import { renderTakeBack } from "./default-privileges";
import type { Quota } from "./directives";
import { renderPooledGuard, renderSchemaGuard } from "./guard";
import { ledgerOf } from "./ledger";
import { lookUpsOf } from "./look-up";
import { type TypedLookUp, typeLookUps } from "./look-up-types";
import { assertCountable } from "./quota-check";
import { renderFiles, renderSchema } from "./schema-text";
import { readShape } from "./shape";
import { digestOf, type TableFile } from "./table-files";
import { readTables } from "./tables";
import { assertTenantKeys } from "./tenant-keys";
import { markOf } from "./tenant-roles";

export interface ManagedTables {
  readonly files: readonly TableFile[];
  readonly tables: readonly string[];
  readonly appendOnly: readonly string[];
  readonly quotas: readonly Quota[];
}

export const appendOnlyOf = (files: readonly TableFile[]): readonly string[] =>
  files.flatMap(({ appendOnly }) => appendOnly);

export const quotasOf = (files: readonly TableFile[]): readonly Quota[] => files.flatMap(({ quotas }) => quotas);

type Kind = "pooled" | "schema";
const SCRATCH = "tenantry_reference";

/**
 * The tables that the files make, with the shape of such a schema known to the cell. Makes it when the cell does not know it,
 * or knows it from another guard or another server version.
 * @throws TenantryError TN-318 when a file fails, TN-333 for a key or reference that leaves tenant_id out, TN-335, TN-336.
 */
export async function ensureReference(
  client: Client,
  kind: Kind,
  files: readonly TableFile[],
  known: { readonly shapes: readonly KnownShape[]; readonly major: number },
): Promise<{ readonly managed: ManagedTables; readonly built: boolean }> {
  const ledger = ledgerOf(files);
  const basis = basisOf(kind, known.major);
  const found = known.shapes.find((shape) => shape.kind === kind && shape.files === ledger && shape.basis === basis);
  const declared = { appendOnly: appendOnlyOf(files), quotas: quotasOf(files) };
  if (found) return { managed: { files, tables: found.tables, ...declared }, built: false };
  const { tables, digest, items } = await build(client, kind, files);
  await client.query(
    `insert into tenantry.shapes (kind, files, basis, digest, items, tables) values ($1, $2, $3, $4, $5, $6)
     on conflict (kind, files) do update set basis = excluded.basis, digest = excluded.digest, items = excluded.items,
       tables = excluded.tables`,
    [kind, ledger, basis, digest, JSON.stringify(items), JSON.stringify(tables)],
  );
  return { managed: { files, tables, ...declared }, built: true };
}

async function build(client: Client, kind: Kind, files: readonly TableFile[]) {
  const tenantId = randomUUID();
  await client.query("begin");
  try {
    await client.query(renderTakeBack());
    await client.query(renderSchema(SCRATCH, kind === "pooled" ? markOf("pooled") : markOf(tenantId)));
    for (const file of files) await runFile(client, file);
    await assertTenantKeys(client, SCRATCH);
    await assertCountable(client, SCRATCH, files);
    const tables = await readTables(client, SCRATCH);
    const lookUps = await typeLookUps(client, SCRATCH, lookUpsOf(files));
    const managed = { tables, appendOnly: appendOnlyOf(files), quotas: quotasOf(files), lookUps };
    await client.query(`set local role ${CELL_ROLES.owner}; ${guardOf(kind, tenantId, managed)}`);
    await client.query("set local role none");
    const own = kind === "pooled" ? {} : { role: CELL_ROLES.tenants, tenantId };
    return { tables, ...(await readShape(client, { schema: SCRATCH, ...own })) };
  } finally {
    await client.query("rollback");
  }
}

async function runFile(client: Client, file: TableFile): Promise<void> {
  const text = renderFiles(SCRATCH, [file]);
  try {
    await client.query(text);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const place = `sql/tenant/${file.name}${lineOf(error, text, file)}`;
    throw new TenantryError("TN-318", `${place} fails, so no schema was touched: ${error.message}`);
  }
}

/** `:3`, where the server tells a place: it counts characters from the start of the whole text. */
function lineOf({ position }: DatabaseError, text: string, { sql }: TableFile): string {
  const at = Number(position) - 1 - text.indexOf(sql);
  return at >= 0 ? `:${sql.slice(0, at).split("\n").length}` : "";
}

interface Guarded {
  readonly tables: readonly string[];
  readonly appendOnly: readonly string[];
  readonly quotas: readonly Quota[];
  readonly lookUps: readonly TypedLookUp[];
}

function guardOf(kind: Kind, tenantId: string, guarded: Guarded): string {
  const managed = { schema: SCRATCH, ...guarded, fresh: true };
  return kind === "pooled"
    ? renderPooledGuard(managed)
    : renderSchemaGuard({ ...managed, role: CELL_ROLES.tenants, tenantId });
}

/** Changes whenever the guard protects otherwise, so that shapes of before are not taken for right. */
const basisOf = (kind: Kind, major: number): string => `${major} ${digestOf(guardOf(kind, "", SAMPLE))}`;

const SAMPLE: Guarded = {
  tables: ["a", "b"],
  appendOnly: ["b"],
  quotas: [
    { name: "rows", measure: { kind: "count", table: "a", per: "b" } },
    {
      name: "sum",
      measure: { kind: "sum", table: "a", column: "b", where: { column: "c", value: "d" }, monthOf: "e" },
    },
    { name: "storage", measure: { kind: "storage" } },
  ],
  lookUps: (["tenant_of_a", "tenants_of_a"] as const).map((name) => ({
    name,
    table: "a",
    column: "c",
    type: "text",
    where: [
      { is: "null", column: "d" },
      { is: "word", column: "e", word: "f" },
      { is: "null or later", column: "g" },
    ],
    gives: ["h"],
    given: ["h uuid"],
  })),
};
