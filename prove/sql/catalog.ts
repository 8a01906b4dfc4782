/** Everything that a cell has and that could be attacked, as its catalog has it now. */
import type { Client } from "pg";
import { PROBE_MARK } from "../../database/probe-tenants";
import { CELL_ROLES, PROBE_SLUGS, roleOf } from "../../registry/names";
import type { Tier } from "../../registry/types";

export interface Relation {
  readonly schema: string;
  readonly name: string;
  /** As `pg_class.relkind`: table, partitioned table, view, materialized view, foreign table, sequence. */
  readonly kind: "r" | "p" | "v" | "m" | "f" | "S";
  readonly owner: string;
  /** True where a column `tenant_id` of type uuid says whose a row is. */
  readonly hasTenant: boolean;
  /** Part of another table, through which it should be reached. */
  readonly partition: boolean;
  /** Belongs to an extension. */
  readonly extension: boolean;
  readonly strange: Strange;
}

/**
 * True for what an application made that makes its own tables, and for whatever else is not the cell's. Using it would run its
 * owner's code with the rights of whoever uses it: it is looked at, and never used.
 */
type Strange = boolean;

export interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** Types of the arguments that a call needs, as SQL spells them. */
  readonly args: readonly string[];
  readonly procedure: boolean;
  /** Runs with the rights of its owner. */
  readonly definer: boolean;
  /** Says for itself where names are looked for. */
  readonly fixedPath: boolean;
  readonly trigger: boolean;
  readonly extension: boolean;
  readonly strange: Strange;
  /** With the types of all its arguments, as SQL spells it. */
  readonly signature: string;
  /** Roles that may execute it, `public` among them. */
  readonly executors: readonly string[];
}

export interface Tenant {
  readonly slug: string;
  readonly id: string;
  readonly tier: Tier;
  readonly schema: string;
  readonly status: string;
}

export interface LargeObject {
  readonly oid: string;
  readonly owner: string;
  /** Made for the proof. */
  readonly probe: boolean;
}

export interface Catalog {
  readonly relations: readonly Relation[];
  readonly routines: readonly Routine[];
  readonly schemas: readonly string[];
  readonly roles: readonly string[];
  /** Databases of the server that can be connected to, without the cell's own. */
  readonly databases: readonly string[];
  readonly largeObjects: readonly LargeObject[];
  /** Those that live here, without those that are made for the proof and those that have left. */
  readonly tenants: readonly Tenant[];
}

/** Beside the admin and superusers, whose code runs in the cell as it is. */
const OURS: readonly string[] = [...Object.values(CELL_ROLES), ...[PROBE_SLUGS.c, PROBE_SLUGS.d].map(roleOf)];

export async function readCatalog(admin: Client): Promise<Catalog> {
  const { rows } = await admin.query<{ catalog: Catalog }>(CATALOG, [Object.values(PROBE_SLUGS), PROBE_MARK, OURS]);
  const catalog = rows[0]?.catalog;
  if (catalog === undefined) throw new Error("a query for one row gave none");
  return catalog;
}

const CATALOG = `
with spaces as materialized (
  select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), members as materialized (
  select classid, objid from pg_depend where deptype = 'e'
), ours as materialized (
  select oid from pg_roles where rolsuper or rolname = session_user or rolname = any ($3)
)
select json_build_object(
  'relations', (select coalesce(json_agg(json_build_object('schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
      'owner', c.relowner::regrole::text, 'hasTenant', exists (select from pg_attribute a where a.attrelid = c.oid
        and a.attname = 'tenant_id' and a.atttypid = 'uuid'::regtype and not a.attisdropped),
      'partition', c.relispartition, 'strange', c.relowner not in (select oid from ours),
      'extension', exists (select from members m where m.classid = 'pg_class'::regclass and m.objid = c.oid))
      order by n.nspname, c.relname), '[]')
    from pg_class c join spaces n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')),
  'routines', (select coalesce(json_agg(json_build_object('schema', n.nspname, 'name', p.proname,
      'owner', p.proowner::regrole::text,
      'args', array(select format_type(t, null) from unnest(p.proargtypes) with ordinality u (t, at)
        where at <= p.pronargs - p.pronargdefaults order by at),
      'signature', p.oid::regprocedure::text, 'strange', p.proowner not in (select oid from ours),
      'procedure', p.prokind = 'p', 'definer', p.prosecdef,
      'fixedPath', exists (select from unnest(p.proconfig) s where s like 'search_path=%'),
      'trigger', p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype) or p.prokind in ('a', 'w'),
      'extension', exists (select from members m where m.classid = 'pg_proc'::regclass and m.objid = p.oid),
      'executors', array(select distinct case a.grantee when 0 then 'public' else a.grantee::regrole::text end
        from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a))
      order by n.nspname, p.proname), '[]')
    from pg_proc p join spaces n on n.oid = p.pronamespace),
  'schemas', (select json_agg(nspname order by nspname) from spaces),
  'roles', (select json_agg(rolname order by rolname) from pg_roles),
  'databases', (select coalesce(json_agg(datname order by datname), '[]') from pg_database
    where datallowconn and datname <> current_database()),
  'largeObjects', (select coalesce(json_agg(json_build_object('oid', oid::text, 'owner', lomowner::regrole::text,
      'probe', coalesce(obj_description(oid, 'pg_largeobject') = $2, false))), '[]') from pg_largeobject_metadata),
  'tenants', (select coalesce(json_agg(json_build_object('slug', slug, 'id', id, 'tier', tier, 'schema', schema_name,
      'status', status) order by slug), '[]')
    from tenantry.tenants where status <> 'removed' and slug <> all ($1))
) as catalog`;
