/** A cell to attack: two pooled tenants and two with a schema, brought up by the reconciler as `up` does. */
import type { Client } from "pg";
import { signContext } from "../../client/context";
import { contextPads } from "../../database/context-key";
import { renderPooledGuard, renderSchemaGuard } from "../../database/guard";
import { lookUpsOf } from "../../database/look-up";
import { typeLookUps } from "../../database/look-up-types";
import { appendOnlyOf, quotasOf } from "../../database/reference";
import type { Subject } from "../../database/shape";
import { loadTableFiles } from "../../database/table-files";
import { readTables } from "../../database/tables";
import type { Major } from "../../local/postgres/binaries";
import { cellSecretPath, POOLED_SCHEMA, roleOf, schemaOf, tenantSecretPath } from "../../registry/names";
import { idOf, line, SQL_DIR, startTestCell, type TestCell } from "./test-cell";

const CELL = "eu-1";
const TIERS = { cedar: "pooled", fir: "pooled", birch: "schema", elm: "schema" } as const;
export type Slug = keyof typeof TIERS;
export const idsOf: Readonly<Record<Slug, string>> = {
  cedar: idOf("cedar"),
  fir: idOf("fir"),
  birch: idOf("birch"),
  elm: idOf("elm"),
};

interface ContextOptions {
  readonly expiresInSeconds?: number;
  readonly now?: number;
  readonly kid?: string;
  readonly key?: string;
}

export interface GuardedCell extends Pick<TestCell, "server" | "tamper" | "report"> {
  /** The RDS-like admin, as the reconciler connects. */
  readonly admin: Client;
  /** How a pool of the pooled application connects. */
  readonly pool: { host: string; port: number; database: string; user: string; password: string };
  /** Who no admin can be, for what only the server itself can tell. */
  readonly superuser: { readonly user: string; readonly password: string };
  /** A session of a cell's role or a tenant's login; `stop` ends it. */
  session(who: "app" | "reader" | "migrator" | Slug): Promise<Client>;
  /** Signed for a minute with the cell's own key, unless told otherwise. */
  context(tenantId: string, options?: ContextOptions): string;
  addKey(kid: string, key: string, notAfter?: string): Promise<void>;
  setStatus(slug: Slug, status: string): Promise<void>;
  /** Runs statements as the owner of the tables, in one transaction. */
  asOwner(sql: string): Promise<void>;
  /** Repairs a schema. */
  guard(schema: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startGuardedCell(major: Major = 17): Promise<GuardedCell> {
  const cell = await startTestCell(major, CELL);
  const lines = Object.entries(TIERS).map(([slug, tier]) => [slug, line(slug, tier)] as const);
  const open: Client[] = [];
  const session = async (user: string, password: string) => {
    const client = await cell.login(user, password);
    open.push(client);
    return client;
  };
  const stop = async () => {
    await Promise.all(open.map((client) => client.end()));
    await cell.stop();
  };
  try {
    await cell.settle(Object.fromEntries(lines));
    const admin = await session(cell.connection.username, cell.connection.password);
    await admin.query("set search_path = pg_catalog; set row_security = off; set client_min_messages = warning");
    const secret = (path: string) => (key: string) => cell.store.value(path, key);
    const signing = secret(cellSecretPath(CELL, "context"));
    const app = secret(cellSecretPath(CELL, "app"));
    const { host, port } = cell.connection;
    return {
      server: cell.server,
      tamper: cell.tamper,
      report: cell.report,
      admin,
      superuser: cell.server.superuser,
      pool: { host, port, database: "app", user: app("username"), password: app("password") },
      session: (who) => {
        const path = who in TIERS ? tenantSecretPath(who) : cellSecretPath(CELL, who as "app");
        return session(cell.store.value(path, "username"), cell.store.value(path, "password"));
      },
      context: (tenantId, { expiresInSeconds = 60, ...options } = {}) =>
        signContext({ kid: options.kid ?? signing("kid"), key: options.key ?? signing("key") }, tenantId, {
          expiresInSeconds,
          ...options,
        }),
      addKey: async (kid, key, notAfter) => {
        const { inner, outer } = contextPads(key);
        const row = [kid, inner, outer, notAfter];
        await admin.query(
          "insert into tenantry.keys (kid, inner_pad, outer_pad, not_after) values ($1, $2, $3, $4)",
          row,
        );
      },
      setStatus: async (slug, status) => {
        await admin.query("update tenantry.tenants set status = $2 where slug = $1", [slug, status]);
      },
      asOwner: (sql) => transact(admin, `set local role tenantry_owner; set local row_security = on; ${sql}`),
      guard: async (schema) => transact(admin, await renderRepair(admin, schema)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The subject of a schema, and the text that repairs it. */
export function subjectOf(schema: string): Subject {
  const slug = slugOf(schema);
  return slug === undefined ? { schema } : { schema, role: roleOf(slug), tenantId: idsOf[slug] };
}

async function renderRepair(admin: Client, schema: string): Promise<string> {
  const files = loadTableFiles(`${SQL_DIR}/tenant`);
  const appendOnly = appendOnlyOf(files);
  const lookUps = await typeLookUps(admin, schema, lookUpsOf(files));
  const managed = {
    schema,
    tables: await readTables(admin, schema),
    appendOnly,
    quotas: quotasOf(files),
    lookUps,
    fresh: false,
  };
  const slug = slugOf(schema);
  return slug === undefined
    ? renderPooledGuard(managed)
    : renderSchemaGuard({ ...managed, role: roleOf(slug), tenantId: idsOf[slug] });
}

function slugOf(schema: string): Slug | undefined {
  return schema === POOLED_SCHEMA ? undefined : schema === schemaOf("birch") ? "birch" : "elm";
}

async function transact(client: Client, sql: string): Promise<void> {
  try {
    await client.query(`begin; ${sql}; commit`);
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** The SQLSTATE with which the statement fails, or `none`. What it did is rolled back. */
export async function failure(client: Client, context: string | undefined, sql: string): Promise<string> {
  return attempt(client, context, sql).then(
    () => "none",
    (error: { code?: string }) => error.code ?? String(error),
  );
}

/** Rows of the statement, in a transaction that presents the context and is rolled back. */
export async function attempt(
  client: Client,
  context: string | undefined,
  sql: string,
): Promise<readonly (readonly unknown[])[]> {
  await client.query("begin");
  try {
    if (context !== undefined) await client.query("select set_config('tenantry.context', $1, true)", [context]);
    return (await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows;
  } finally {
    await client.query("rollback");
  }
}
