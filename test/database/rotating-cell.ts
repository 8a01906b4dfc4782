/** A cell whose logins are rotated, and what its applications then see. */
import { signContext } from "../../client/context";
import { type RotateOptions, type RotateOutcome, rotate } from "../../database/rotate";
import { idOf, line, SQL_DIR, startTestCell, type TestCell } from "./test-cell";

export const LINES = {
  birch: line("birch", "schema"),
  cedar: line("cedar", "pooled"),
  elm: line("elm", "schema"),
  fir: line("fir", "schema", "active", " tables=own"),
};
export const BIRCH = "tenants/birch/db";
export const ELM = "tenants/elm/db";
export const APP = "cells/eu-1/app";
const KEY = "cells/eu-1/context";

/** What is rotated. */
export interface What {
  readonly tenants?: readonly string[] | "all";
  readonly shared?: boolean;
}
export const ONLY_BIRCH: What = { tenants: ["birch"] };

export type Login = readonly [user: string, password: string];
interface Key {
  readonly kid: string;
  readonly key: string;
}

/** How a login that is closed refuses: without a password that is told first. */
export const CLOSED = /password authentication failed|not permitted to log in/;
export const NO_DRIFT = { tenants: [], shared: {} };

export interface RotatingCell extends TestCell {
  /** With no drain unless given. */
  rotate(what: What, options?: Partial<RotateOptions>): Promise<RotateOutcome>;
  /** What the store has now. */
  held(path: string): Login;
  heldKey(): Key;
  /** Throws what the server says to a login that it refuses. */
  enter(login: Login): Promise<void>;
  /** Whether the login may be cedar with a context that the key signs. */
  accepts(login: Login, key: Key): Promise<boolean>;
  /** What a refresh would tell. */
  drifts(): Promise<{ readonly tenants: readonly string[]; readonly shared: Readonly<Record<string, string>> }>;
  /** As if all drains were over. */
  passTime(): Promise<unknown>;
}

export async function startRotatingCell(): Promise<RotatingCell> {
  const cell = await startTestCell();
  await cell.settle(LINES);
  const { connection, store } = cell;
  return {
    ...cell,
    rotate: ({ tenants = [], shared = false }, options = {}) =>
      rotate([{ cell: "eu-1", connection, secrets: store, tenants, shared }], {
        ...{ sqlDir: SQL_DIR, drainMs: 0, lockTimeoutMs: 5_000 },
        ...options,
      }),
    held: (path) => [store.value(path, "username"), store.value(path, "password")],
    heldKey: () => ({ kid: store.value(KEY, "kid"), key: store.value(KEY, "key") }),
    enter: async (login) => (await cell.login(...login)).end(),
    accepts: async (login, key) => {
      const client = await cell.login(...login);
      try {
        const context = signContext(key, idOf("cedar"), { expiresInSeconds: 60 });
        await client.query("select set_config('tenantry.context', $1, false)", [context]);
        const { rows } = await client.query("select tenantry.current_tenant() as tenant");
        return rows[0]?.tenant === idOf("cedar");
      } finally {
        await client.end();
      }
    },
    drifts: async () => {
      const { tenants, shared } = await cell.report();
      return { tenants: Object.values(tenants).filter((text) => text.includes(" drift: ")), shared };
    },
    passTime: () =>
      cell.tamper(
        "update tenantry.rotations set closes_at = now() where closes_at is not null; " +
          "update tenantry.keys set not_after = now() where not_after is not null",
      ),
  };
}
