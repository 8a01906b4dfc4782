/** The admin of a local server: what the master user of an RDS instance may do, and no more. */
import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { scramVerifier } from "../../database/scram";
import { SUPERUSER } from "./server";

export interface AdminOptions {
  readonly port: number;
  readonly superuserPassword: string;
  readonly username: string;
  readonly password: string;
}

/** The master user of RDS owns the databases that are there from the start. */
const OWNED = ["postgres", "template1"];

/**
 * Creates or updates the RDS-like admin: login, createrole, createdb; no superuser, no bypassrls; member of pg_monitor and
 * pg_signal_backend as `rds_superuser` is.
 * Source: "Understanding the rds_superuser role", Amazon RDS User Guide.
 */
export async function ensureAdmin({ port, superuserPassword, username, password }: AdminOptions): Promise<void> {
  const client = new Client({
    host: "127.0.0.1",
    port,
    user: SUPERUSER,
    password: superuserPassword,
    database: "postgres",
  });
  await client.connect();
  try {
    const admin = escapeIdentifier(username);
    const { rowCount } = await client.query("select from pg_roles where rolname = $1", [username]);
    if (!rowCount) await client.query(`create role ${admin} login createrole createdb`);
    // The verifier, not the password: statements may be logged.
    await client.query(`alter role ${admin} password ${escapeLiteral(await scramVerifier(password))}`);
    for (const database of OWNED) await client.query(`alter database ${database} owner to ${admin}`);
    await client.query(`grant pg_monitor, pg_signal_backend to ${admin} with admin option`);
  } finally {
    await client.end();
  }
}
