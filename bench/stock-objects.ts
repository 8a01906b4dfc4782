/**
 * The other side of reading and making a tenant's objects: what the stock PostgreSQL provider for Terraform and Pulumi sends
 * (terraform-provider-postgresql, resource_postgresql_*.go). It keeps no idle connection, so each object costs new ones.
 */
import type { Client } from "pg";
import type { Connection } from "../database/types";
import { withConnection } from "./connect";

export interface StockTenant {
  readonly schema: string;
  readonly role: string;
}

/** What a refresh reads of one object, each on connections of its own. */
type Read = (connection: Connection, tenant: StockTenant) => Promise<unknown>;

const readRole: Read = async (connection, { role }) => {
  await once(connection, "select rolname from pg_catalog.pg_roles where rolname = $1", [role]);
  await once(
    connection,
    `select array(select pg_get_userbyid(roleid) from pg_catalog.pg_auth_members members where member = pg_roles.oid),
       rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolconnlimit,
       coalesce(rolvaliduntil::text, 'infinity'), rolconfig, rolreplication, rolbypassrls
     from pg_catalog.pg_roles where rolname = $1`,
    [role],
  );
};

const readSchema: Read = async (connection, { schema }) => {
  await databaseExists(connection);
  await within(connection, (client) =>
    client.query("select n.nspname from pg_catalog.pg_namespace n where n.nspname = $1", [schema]),
  );
  await within(connection, (client) =>
    client.query(
      `select pg_catalog.pg_get_userbyid(n.nspowner), coalesce(n.nspacl, '{}'::aclitem[])::text[]
       from pg_catalog.pg_namespace n where n.nspname = $1`,
      [schema],
    ),
  );
};

const readSchemaGrant: Read = async (connection, tenant) => {
  await targetsExist(connection, tenant);
  await within(connection, async (client) => {
    const oid = await oidOf(client, tenant.role);
    await client.query(
      `select array_agg(privilege_type)
       from (select (aclexplode(nspacl)).* from pg_namespace where nspname = $1) as privileges where grantee = $2`,
      [tenant.schema, oid],
    );
  });
};

const readTableGrant: Read = async (connection, tenant) => {
  await targetsExist(connection, tenant);
  await within(connection, async (client) => {
    const oid = await oidOf(client, tenant.role);
    await client.query(
      `select pg_class.relname, array_remove(array_agg(privilege_type), null)
       from pg_class join pg_namespace on pg_namespace.oid = pg_class.relnamespace
       left join (
         select acls.* from (select relname, relnamespace, relkind, (aclexplode(relacl)).* from pg_class c) as acls
         where grantee = $1
       ) privs using (relname, relnamespace, relkind)
       where nspname = $2 and relkind = $3
       group by pg_class.relname`,
      [oid, tenant.schema, "r"],
    );
  });
};

const readDefaultPrivileges: Read = async (connection, tenant) => {
  await targetsExist(connection, tenant);
  await within(connection, async (client) => {
    const oid = await oidOf(client, tenant.role);
    await client.query(
      `select array_agg(prtype) from (
         select defaclnamespace, (aclexplode(defaclacl)).* from pg_default_acl where defaclobjtype = $3
       ) as t (namespace, grantor_oid, grantee_oid, prtype, grantable)
       join pg_namespace on pg_namespace.oid = namespace
       where grantee_oid = $1 and nspname = $2 and pg_get_userbyid(grantor_oid) = $4`,
      [oid, tenant.schema, "r", "tenantry_owner"],
    );
  });
};

/** The five database objects of the seven resources of a tenant. */
const OBJECTS: readonly Read[] = [readRole, readSchema, readSchemaGrant, readTableGrant, readDefaultPrivileges];

/** Reads every object of the tenants, as many at once as `parallel`. */
export async function refreshStock(
  connection: Connection,
  tenants: readonly StockTenant[],
  parallel: number,
): Promise<void> {
  const waiting = tenants.flatMap((tenant) => OBJECTS.map((read) => () => read(connection, tenant)));
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await next();
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

const once = (connection: Connection, query: string, values: unknown[]) =>
  withConnection(connection, (client) => client.query(query, values));

const databaseExists = (connection: Connection) =>
  once(connection, "select datname from pg_database where datname = $1", [connection.database]);

async function targetsExist(connection: Connection, { role, schema }: StockTenant): Promise<void> {
  await databaseExists(connection);
  await within(connection, async (client) => {
    await client.query("select 1 from pg_roles where rolname = $1", [role]);
    await client.query("select 1 from pg_namespace where nspname = $1", [schema]);
  });
}

function within(connection: Connection, act: (client: Client) => Promise<unknown>): Promise<void> {
  return withConnection(connection, async (client) => {
    await client.query("begin");
    await act(client);
    await client.query("rollback");
  });
}

async function oidOf(client: Client, role: string): Promise<number> {
  const { rows } = await client.query<{ oid: number }>("select oid from pg_roles where rolname = $1", [role]);
  const [row] = rows;
  if (!row) throw new Error(`no role ${role}`);
  return row.oid;
}
