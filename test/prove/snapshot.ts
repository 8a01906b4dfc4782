/** All of a cell that a command could leave behind: catalogs, roles, and the rows of every table. */
import type { TestCell } from "../database/test-cell";

/** By table or catalog, one text a row; sorted. Read as the superuser, whom row security does not concern. */
export async function snapshotOf({
  server: { superuser },
  login,
}: Pick<TestCell, "server" | "login">): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const session = await login(superuser.user, superuser.password);
  try {
    const taken: Record<string, readonly unknown[]> = {};
    const take = async (name: string, from: string) => {
      const { rows } = await session.query(`select row::text from ${from} row order by 1`);
      taken[name] = rows.map(({ row }) => row);
    };
    for (const [name, query] of Object.entries(CATALOGS)) await take(name, `(${query})`);
    const tables = await session.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class where relkind = 'r'
         and relnamespace in (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')`,
    );
    for (const { name } of tables.rows) await take(`rows of ${name}`, name);
    return taken;
  } finally {
    await session.end();
  }
}

const NAMES = "nspname !~ '^pg_' and nspname <> 'information_schema'";

const CATALOGS: Readonly<Record<string, string>> = {
  roles: "select * from pg_authid",
  members:
    "select roleid::regrole, member::regrole, grantor::regrole, admin_option, inherit_option, set_option from pg_auth_members",
  settings: "select setdatabase, setrole::regrole, setconfig from pg_db_role_setting",
  databases: "select datname, datdba::regrole, coalesce(datacl, acldefault('d', datdba))::text from pg_database",
  schemas: `select nspname, nspowner::regrole, coalesce(nspacl, acldefault('n', nspowner))::text from pg_namespace where ${NAMES}`,
  relations: `select c.oid::regclass, relkind, relowner::regrole,
      coalesce(relacl, acldefault('r', relowner))::text, relrowsecurity, relforcerowsecurity
    from pg_class c join pg_namespace n on n.oid = relnamespace where ${NAMES}`,
  columns: `select attrelid::regclass, attname, atttypid::regtype, attnotnull, attacl::text,
      (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = attrelid and adnum = attnum)
    from pg_attribute join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace where ${NAMES} and attnum > 0`,
  constraints: `select conrelid::regclass, conname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_namespace n on n.oid = connamespace where ${NAMES}`,
  policies:
    "select polrelid::regclass, polname, polpermissive, polcmd, polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) from pg_policy",
  functions: `select p.oid::regprocedure, proowner::regrole, coalesce(proacl, acldefault('f', proowner))::text, pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = pronamespace where ${NAMES}`,
  triggers: "select tgrelid::regclass, tgname from pg_trigger where not tgisinternal",
  "large objects": "select * from pg_largeobject_metadata",
  comments:
    "select classoid::regclass, objoid, objsubid, description from pg_description where classoid in ('pg_namespace'::regclass, 'pg_largeobject'::regclass)",
  "shared comments": "select classoid::regclass, objoid, description from pg_shdescription",
  defaults:
    "select defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, defaclacl::text from pg_default_acl",
};
