/** What a rotation does in one cell: other logins take over, and later those of before are closed. */
import { join } from "node:path";
import type { Client } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLE_NAMES, isProbeSlug } from "../registry/names";
import type { CellFacts } from "./cell-facts";
import { withClient } from "./connect";
import { Failures } from "./failure";
import { readRoles } from "./live-roles";
import { withLock } from "./lock";
import { openCell } from "./open-cell";
import { reasonOf } from "./reason";
import { quotasOf } from "./reference";
import { type Rotatable, rotatableCellLogins, rotatableTenant } from "./rotatable";
import { KEY_NAME, rotateKey } from "./rotate-key";
import { type Begun, close, takeOver } from "./rotate-login";
import { loadSqlFiles, loadTableFiles } from "./table-files";
import { readTenantRows, type TenantRow } from "./tenant-rows";
import type { Connection, Failure, SecretStore } from "./types";

export interface RotateTarget {
  readonly cell: string;
  readonly connection: Connection;
  readonly secrets: SecretStore;
  /** Slugs, or all that have a login and are active. */
  readonly tenants: readonly string[] | "all";
  /** The cell's own logins and its key too. On a cell of one tenant there are none. */
  readonly shared: boolean;
}

export interface RotateRun {
  /** Folder with `cell/`. */
  readonly sqlDir: string;
  /** How long a login of before stays open. */
  readonly drainMs: number;
  /** How long to wait for another run. @default 10000 */
  readonly lockTimeoutMs?: number;
}

/** What was done in a cell. Each login stands for itself: those that fail are told, the others are done. */
export interface Done<T> {
  readonly list: T[];
  readonly failures: Failure[];
}

/** One that is closed now, or that has to wait for `opensMs`. */
export interface Closed {
  readonly name: string;
  readonly opensMs: number;
  /** Sessions that had not ended by themselves. */
  readonly sessionsEnded: number;
}

/** Tenants that one hold of the cell's lock serves: a second or two, so that an `up` gets its turn between them. */
const AT_ONCE = 50;

/** Other logins take over, and another key. */
export async function beginInCell(target: RotateTarget, run: RotateRun): Promise<Done<Begun>> {
  const done: Done<Begun> = { list: [], failures: [] };
  await attemptCell(done, async () => {
    const slugs =
      target.tenants === "all"
        ? await inCell(target, run, async ({ rows }) =>
            rows
              .filter(hasOpenLogin)
              .map(({ slug }) => slug)
              .sort(),
          )
        : target.tenants;
    for (let at = 0; at < slugs.length; at += AT_ONCE) {
      await inCell(target, run, (opened) => beginTenants(target, run, opened, slugs.slice(at, at + AT_ONCE), done));
    }
    if (target.shared) await inCell(target, run, (opened) => beginShared(target, run, opened, done));
  });
  return done;
}

/** Closes the logins that these rotations replaced, if their time is over. */
export async function closeInCell(
  target: RotateTarget,
  run: RotateRun,
  begun: readonly Begun[],
): Promise<Done<Closed>> {
  const done: Done<Closed> = { list: [], failures: [] };
  await attemptCell(done, async () => {
    for (let at = 0; at < begun.length; at += AT_ONCE) {
      const some = begun.slice(at, at + AT_ONCE);
      await inCell(target, run, async ({ client, facts, rows }) => {
        const failures = new Failures(client);
        const own = rotatableCellLogins(target.cell, facts);
        for (const { name, to } of some) {
          await failures.attempt(name, async () => {
            const rotatable = own.find((each) => each.name === name) ?? livingTenant(target.cell, rows, name, facts);
            done.list.push({ name, ...(await closeOne(client, rotatable, to)) });
          });
        }
        done.failures.push(...failures.list);
      });
    }
  });
  return done;
}

interface Opened {
  readonly client: Client;
  readonly facts: CellFacts;
  readonly rows: readonly TenantRow[];
}

async function beginTenants(
  { cell, connection: endpoint, secrets: store }: RotateTarget,
  { drainMs }: RotateRun,
  { client, facts, rows }: Opened,
  slugs: readonly string[],
  done: Done<Begun>,
): Promise<void> {
  const failures = new Failures(client);
  const context = { client, store, endpoint, roles: await readRoles(client, []), drainMs };
  for (const slug of slugs) {
    await failures.attempt(slug, async () => {
      done.list.push(await takeOver(context, rotatableTenant(cell, rowOf(rows, slug), facts)));
    });
  }
  done.failures.push(...failures.list);
}

async function beginShared(
  { cell, connection: endpoint, secrets: store, tenants }: RotateTarget,
  { drainMs }: RotateRun,
  { client, facts }: Opened,
  done: Done<Begun>,
): Promise<void> {
  const failures = new Failures(client);
  const context = { client, store, endpoint, roles: await readRoles(client, CELL_ROLE_NAMES), drainMs };
  const logins = rotatableCellLogins(cell, facts);
  if (logins.length === 0 && tenants !== "all") {
    throw new TenantryError(
      "TN-321",
      `it serves no pooled tenants, so it has no login of its own; type \`tenantry rotate <tenant>\` for its tenants`,
    );
  }
  for (const login of logins) {
    await failures.attempt(login.name, async () => {
      done.list.push(await takeOver(context, login));
    });
  }
  if (facts.signing) {
    await failures.attempt(KEY_NAME, async () => {
      done.list.push(await rotateKey(client, { cell, facts, store, drainMs }));
    });
  }
  done.failures.push(...failures.list);
}

/** Nothing is closed that another run has opened again meanwhile, and nothing before its time. */
async function closeOne(client: Client, rotatable: Rotatable | undefined, to: string): Promise<Omit<Closed, "name">> {
  const { rotation } = rotatable ?? {};
  const mine = rotation?.closing === true && rotation.named === to;
  if (!rotatable || !mine) return { opensMs: 0, sessionsEnded: 0 };
  if (rotation.opensMs > 0) return { opensMs: rotation.opensMs, sessionsEnded: 0 };
  return { opensMs: 0, sessionsEnded: await close(client, rotatable) };
}

const hasOpenLogin = ({ slug, tier, status }: TenantRow): boolean =>
  tier !== "pooled" && status === "active" && !isProbeSlug(slug);

/** Undefined for one that was suspended or removed meanwhile: that has closed its logins. */
function livingTenant(cell: string, rows: readonly TenantRow[], slug: string, facts: CellFacts): Rotatable | undefined {
  const row = rows.find((each) => each.slug === slug && hasOpenLogin(each));
  return row && rotatableTenant(cell, row, facts);
}

function rowOf(rows: readonly TenantRow[], slug: string): TenantRow {
  const row = rows.find((each) => each.slug === slug && each.status !== "removed");
  if (row) return row;
  throw new TenantryError("TN-321", `it is not in this cell yet; \`up\` makes those that have a line`);
}

/** As the only writer of the cell, for the time of `work`. */
async function inCell<T>(target: RotateTarget, run: RotateRun, work: (opened: Opened) => Promise<T>): Promise<T> {
  const { connection, cell } = target;
  const files = loadSqlFiles(join(run.sqlDir, "cell"));
  const quotas = quotasOf(loadTableFiles(join(run.sqlDir, "tenant")));
  return await withClient({ connection, cell, purpose: "rotate" }, (client) =>
    withLock(client, cell, run.lockTimeoutMs ?? 10_000, async () => {
      const { facts } = await openCell(client, { cell, files, quotas });
      return await work({ client, facts, rows: await readTenantRows(client) });
    }),
  );
}

/** A cell that cannot be reached, or that another run works on, keeps nobody in other cells from being served. */
async function attemptCell<T>(done: Done<T>, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    done.failures.push({ subject: "cell", reason: reasonOf(error) });
  }
}
