/**
 * Tenants to attack: they are made as `up` makes tenants, have rows in every table, and are removed afterwards. Their passwords
 * and the key of their contexts are drawn here and kept nowhere: Vault never hears of them.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Client } from "pg";
import type { ContextKey } from "../../client/context";
import { type KnownShape, readCellFacts } from "../../database/cell-facts";
import { withClient } from "../../database/connect";
import { contextPads } from "../../database/context-key";
import { Failures } from "../../database/failure";
import { createHouses } from "../../database/houses";
import { inspect } from "../../database/inspect";
import { ledgerOf } from "../../database/ledger";
import { withLock } from "../../database/lock";
import { assertOwnCell } from "../../database/open-cell";
import { writePooledRows } from "../../database/pooled-rows";
import { checkPreflight } from "../../database/preflight";
import { PROBE_MARK, removeProbeTenants } from "../../database/probe-tenants";
import { ensureReference, type ManagedTables } from "../../database/reference";
import { pairInUse } from "../../database/rotation";
import { type Survey, survey } from "../../database/survey";
import { loadTableFiles, type TableFile } from "../../database/table-files";
import { parseSpec, type TenantSpec } from "../../database/tenant-spec";
import { TenantryError } from "../../registry/errors";
import { renderPlanLine, renderTenantLine } from "../../registry/lines";
import { defaultId, PROBE_KID, PROBE_SLUGS, tenantSecretPath } from "../../registry/names";
import type { Login } from "./attackers";
import type { ProvedCell } from "./cell";
import { DrawnSecrets } from "./drawn-secrets";

export interface ProbeTenant {
  readonly slug: string;
  readonly id: string;
  readonly schema: string;
}

export interface HousedProbe extends ProbeTenant {
  readonly login: Login;
}

export interface ProbeTenants {
  /** Missing where a cell has no shared tables. */
  readonly pooled?: Readonly<Record<"a" | "b" | "empty", ProbeTenant>> & { readonly key: ContextKey };
  readonly housed: readonly [HousedProbe, HousedProbe];
  /** Who makes the tables of `housed`. */
  readonly tables: "managed" | "own";
}

const PLAN = "tenantry-probe";
/** After a command that was killed, the key is dead by itself. */
const KEY_LIFE = "1 hour";

/**
 * Works in the cell as its only writer, on probe tenants that are there while `use` runs and at no other time.
 * @throws TenantryError TN-301 to TN-306 when the cell cannot be worked on, TN-341 when no tenants can be made in it.
 */
export async function withProbeTenants<T>(
  proved: ProvedCell,
  use: (admin: Client, probes: ProbeTenants) => Promise<T>,
): Promise<T> {
  const { cell, connection } = proved;
  return await withClient({ connection, cell, purpose: "prove" }, (admin) =>
    withLock(admin, cell, proved.lockTimeoutMs ?? 10_000, async () => {
      const { prepared, major } = await checkPreflight(admin, cell);
      if (!prepared) throw unmade(cell, "no `up` has been here");
      const facts = await readCellFacts(admin);
      assertOwnCell(facts, cell);
      const sweep = async () => await removeProbeTenants(admin, (await survey(admin, [], facts)).probes);
      await sweep();
      try {
        return await use(admin, await make(admin, proved, await survey(admin, [], facts), major));
      } finally {
        await sweep();
      }
    }),
  );
}

async function make(admin: Client, proved: ProvedCell, found: Survey, major: number): Promise<ProbeTenants> {
  const { pooled: shared } = found.facts;
  const tables = shared || found.rows.some((row) => row.tables === "managed") ? "managed" : "own";
  await admin.query(MAKE_LARGE_OBJECT);
  const housed = await makeHoused(admin, proved, found, { tables, major });
  return { ...(shared ? { pooled: await makePooled(admin, proved.cell) } : {}), housed, tables };
}

/** In one transaction: what is not marked would not be removed. */
const MAKE_LARGE_OBJECT = `
do $$
declare
  made constant oid := lo_from_bytea(0, 'probe'::bytea);
begin
  execute format('comment on large object %s is %L', made, '${PROBE_MARK}');
end $$`;

async function makePooled(admin: Client, cell: string): Promise<NonNullable<ProbeTenants["pooled"]>> {
  const { a, b, empty } = PROBE_SLUGS;
  const failures = new Failures(admin);
  const specs = [a, b, empty].map((slug) => specOf(cell, slug, "pooled", "managed"));
  await writePooledRows(admin, specs, failures);
  assertMade(cell, failures);
  const key = { kid: PROBE_KID, key: randomBytes(32).toString("hex") };
  const { inner, outer } = contextPads(key.key);
  await admin.query(
    `insert into tenantry.keys (kid, inner_pad, outer_pad, not_after) values ($1, $2, $3, now() + interval '${KEY_LIFE}')`,
    [key.kid, inner, outer],
  );
  const tenant = (slug: string) => ({ slug, id: defaultId(slug), schema: "pooled" });
  return { a: tenant(a), b: tenant(b), empty: tenant(empty), key };
}

async function makeHoused(
  admin: Client,
  { cell, connection, sqlDir }: ProvedCell,
  found: Survey,
  { tables, major }: { readonly tables: ProbeTenants["tables"]; readonly major: number },
): Promise<readonly [HousedProbe, HousedProbe]> {
  const files = loadTableFiles(join(sqlDir, "tenant"));
  const failures = new Failures(admin);
  const secrets = new DrawnSecrets();
  const context = { client: admin, secrets, endpoint: connection, failures, files };
  const specs = [PROBE_SLUGS.c, PROBE_SLUGS.d].map((slug) => specOf(cell, slug, "schema", tables));
  const wanted = specs.flatMap((spec) => {
    const { access } = spec;
    const pair = access && pairInUse(access.logins, undefined);
    return access && pair ? [{ spec, access, pair, inspection: inspect(spec, undefined, found), secret: true }] : [];
  });
  const managed =
    tables === "managed" ? await reference(admin, files, { shapes: found.facts.shapes, major }) : undefined;
  await createHouses(context, wanted, managed, found);
  assertMade(cell, failures);
  const [c, d] = specs.map((spec) => housedProbe(spec, secrets));
  if (c === undefined || d === undefined) throw new Error("two specs gave fewer probes");
  return [c, d];
}

/** What a cell did not know of its tables is forgotten again. */
async function reference(
  admin: Client,
  files: readonly TableFile[],
  known: { readonly shapes: readonly KnownShape[]; readonly major: number },
): Promise<ManagedTables> {
  const { managed, built } = await ensureReference(admin, "schema", files, known);
  if (built) await admin.query("delete from tenantry.shapes where kind = 'schema' and files = $1", [ledgerOf(files)]);
  return managed;
}

function housedProbe({ slug, id, schema }: TenantSpec, secrets: DrawnSecrets): HousedProbe {
  const { username: user = "", password = "" } = secrets.at(tenantSecretPath(slug));
  return { slug, id, schema, login: { user, password } };
}

function specOf(cell: string, slug: string, tier: "pooled" | "schema", tables: "managed" | "own"): TenantSpec {
  const line = {
    tier,
    plan: PLAN,
    status: "active",
    ownTables: tables === "own",
    quotas: {},
    id: defaultId(slug),
  } as const;
  const plan = { tier, workMemMb: 32, statementTimeoutMs: 60_000, ownTables: false, quotas: {} };
  return parseSpec(cell, slug, renderTenantLine(line), { [PLAN]: renderPlanLine(plan) });
}

function assertMade(cell: string, { list }: Failures): void {
  if (list.length > 0) throw unmade(cell, list.map(({ reason }) => reason).join("; "));
}

const unmade = (cell: string, reason: string) =>
  new TenantryError(
    "TN-341",
    `cell ${cell}: no tenants to attack can be made (${reason}); run \`up\`, then \`prove\` again`,
  );
