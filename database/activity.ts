/** Who of a cell's tenants is connected, and since when it does what. Sessions of anybody else are not looked at. */
import type { Client } from "pg";
import { CELL_ROLES } from "../registry/names";
import { CELL_MARK } from "./cell-roles";
import { markOf } from "./tenant-roles";
import type { RowStatus } from "./tenant-spec";

export interface LiveSession {
  readonly pid: number;
  /** Together with `pid`, one session for ever; as the server spells it, like the other times. */
  readonly startedAt: string;
  readonly login: string;
  /** What the session says of itself; empty when it says nothing. */
  readonly application: string;
  /** Null for a socket of the server's machine. */
  readonly address: string | null;
  readonly work: "statement" | "idle in transaction" | "idle";
  /** The moment at which the statement, or the pause, began. */
  readonly workAt: string;
  readonly workMs: number;
  /** Null outside of a transaction. */
  readonly transactionAt: string | null;
  readonly transactionMs: number;
  /** Null for the pooled application, whose sessions do not tell for whom they work. */
  readonly tenant: { readonly slug: string; readonly status: RowStatus; readonly line: string } | null;
}

/**
 * Sessions of tenants' logins and of the pooled application's, longest first. A login is a tenant's by its mark, which no tenant can
 * set: also one that is not pinned any more.
 */
export async function readSessions(client: Client): Promise<readonly LiveSession[]> {
  const { rows } = await client.query<LiveSession>(SESSIONS, [
    markOf(""),
    CELL_MARK,
    [CELL_ROLES.app, CELL_ROLES.reader],
  ]);
  return rows;
}

const SESSIONS = `
select a.pid, a.backend_start::text as "startedAt", a.usename as login, coalesce(a.application_name, '') as application,
  host(a.client_addr) as address, w.work, w.at::text as "workAt", ms(w.at) as "workMs",
  a.xact_start::text as "transactionAt", ms(a.xact_start) as "transactionMs",
  case when t.id is not null then json_build_object('slug', t.slug, 'status', t.status, 'line', t.line) end as tenant
from pg_stat_activity a
join pg_roles r on r.oid = a.usesysid and not r.rolsuper and r.rolname <> session_user
join pg_shdescription d on d.objoid = r.oid and d.classoid = 'pg_authid'::regclass
left join tenantry.tenants t on d.description = $1 || t.id and r.rolname ~ '^login_'
cross join lateral (
  select case when a.state like 'idle in transaction%' then 'idle in transaction' when a.state = 'idle' then 'idle' else 'statement' end,
    case when a.state like 'idle%' then a.state_change else a.query_start end
) w (work, at)
where a.backend_type = 'client backend' and w.at is not null and (t.id is not null or d.description = $2 and (
  r.rolname = any ($3) or exists (
    select from pg_auth_members m join pg_roles g on g.oid = m.roleid
     where m.member = r.oid and g.rolname = any ($3))))
order by a.backend_start, a.pid`.replaceAll(
  /ms\(([a-z._]+)\)/g,
  "greatest(0, coalesce(extract(epoch from clock_timestamp() - $1) * 1000, 0))::float8",
);
