/** A small cell with pooled tenants, the application's login and a signed context: for the rows that measure microseconds. */
import { signContext } from "../client/context";
import type { Connection } from "../database/types";
import { cellSecretPath, defaultId } from "../registry/names";
import { type Cell, makeCell } from "./cell";
import { withConnection } from "./connect";
import { desiredCell, slugOf } from "./estate";
import { withServer } from "./server";

export interface PooledCell {
  readonly cell: Cell;
  /** As the superuser, in the cell's database. */
  readonly superuser: Connection;
  /** As the pooled application. */
  readonly app: Connection;
  readonly tenants: readonly string[];
  /** One of them. */
  readonly tenant: string;
  /** Says that the transaction is that tenant. */
  readonly context: string;
  /** What signed it. */
  readonly key: { readonly kid: string; readonly key: string };
}

const TENANTS = 20;
const EVENTS = 2_000;

/** Lends a cell with 20 tenants, each with two streams of 2,000 events. */
export function withPooledCell<T>(act: (pooled: PooledCell) => Promise<T>): Promise<T> {
  return withServer(async (server) => {
    const cell = await makeCell(server);
    await cell.apply(desiredCell({ pooled: TENANTS, schema: 0 }));
    const superuser = { ...server.superuser, database: cell.connection.database };
    const tenants = Array.from({ length: TENANTS }, (_, n) => defaultId(slugOf("pooled", n)));
    await fill(superuser, tenants);
    const tenant = defaultId(slugOf("pooled", 7));
    const { username, password } = await secretOf(cell, "app", ["username", "password"]);
    const key = await secretOf(cell, "context", ["kid", "key"]);
    const context = signContext(key, tenant, { expiresInSeconds: 3600 });
    return act({ cell, superuser, app: { ...cell.connection, username, password }, tenants, tenant, context, key });
  });
}

async function fill(superuser: Connection, tenants: readonly string[]): Promise<void> {
  await withConnection(superuser, async (client) => {
    await client.query(
      `insert into pooled.events (tenant_id, stream, version, type, data)
       select tenant, stream, version, 'order.placed', jsonb_build_object('amount', version)
       from unnest($1::uuid[]) tenant, unnest(array['orders', 'shipments']) stream, generate_series(1, $2) version`,
      [tenants, EVENTS],
    );
    await client.query("vacuum analyze pooled.events");
  });
}

async function secretOf<Key extends string>(
  { secrets }: Cell,
  kind: "app" | "context",
  keys: readonly Key[],
): Promise<Readonly<Record<Key, string>>> {
  const path = cellSecretPath("bench", kind);
  const secret = await secrets.read(path);
  const missing = keys.filter((key) => secret?.data[key] === undefined);
  if (!secret || missing.length > 0) throw new Error(`the secret ${path} has no ${missing.join(", ")}`);
  return secret.data;
}
