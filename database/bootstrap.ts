/**
 * The database and the cell-wide roles in SQL, as the component CellDatabase makes them with Pulumi: for servers without a
 * Pulumi program, such as those of tests and benchmarks.
 */
import { type Client, escapeIdentifier } from "pg";
import { CELL_ROLES } from "../registry/names";
import { withClient } from "./connect";
import type { Connection } from "./types";

const { control, owner, migrator, app, reader, pooler, tenants } = CELL_ROLES;
const ROLES: Readonly<Record<string, "login" | "nologin">> = {
  [control]: "nologin",
  [owner]: "nologin",
  [migrator]: "login",
  [app]: "login",
  [reader]: "login",
  [pooler]: "login",
  [tenants]: "nologin",
};

/**
 * Makes what is missing, as the RDS-like admin. `admin.database` is any database that exists. Gives the connection of the
 * cell's database.
 */
export async function bootstrapCell(admin: Connection, database: string): Promise<Connection> {
  await withClient({ connection: admin, cell: database, purpose: "bootstrap" }, async (client) => {
    const user = escapeIdentifier(admin.username);
    for (const [role, login] of Object.entries(ROLES)) {
      if (!(await exists(client, "pg_roles where rolname", role))) await client.query(`create role ${role} ${login}`);
    }
    // The creator's own grant has the admin option alone: it lets the admin neither act as the role nor use its privileges.
    await client.query(`grant ${control}, ${owner} to ${user} with set true, inherit true`);
    await client.query(`grant ${owner} to ${migrator}`);
    const name = escapeIdentifier(database);
    if (!(await exists(client, "pg_database where datname", database))) await client.query(`create database ${name}`);
    await client.query(`revoke all on database ${name} from public`);
    await client.query(`grant connect on database ${name} to ${tenants}`);
  });
  return { ...admin, database };
}

async function exists(client: Client, from: string, name: string): Promise<boolean> {
  const { rowCount } = await client.query(`select from ${from} = $1`, [name]);
  return rowCount === 1;
}
