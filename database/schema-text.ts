/** A managed schema as SQL text. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { CELL_ROLES } from "../registry/names";
import type { SqlFile } from "./table-files";

/** Makes an empty schema of the owner role, with its ownership mark, as the admin: the owner may make none itself. */
export const renderSchema = (schema: string, mark: string): string => `
set local role none;
create schema ${escapeIdentifier(schema)} authorization ${CELL_ROLES.owner};
comment on schema ${escapeIdentifier(schema)} is ${escapeLiteral(mark)}`;

/** Runs files, as the owner, in a schema that this transaction made. Role and search path are then the session's own again. */
export const renderFiles = (schema: string, files: readonly SqlFile[]): string => asOwner(schema, textOf(files));

/** The same in a schema that others could reach before. */
export const renderLaterFiles = (schema: string, files: readonly SqlFile[]): string =>
  renderConfined(schema, textOf(files));

/**
 * Runs statements as the owner where others could reach the schema before. What a migrator left there, such as a trigger, runs along,
 * and in a session of the admin it could become the admin. Inside a security definer function no role can be set; what it could
 * leave for later (held cursors, settings, work for the commit) is taken back or refused before anything else runs.
 */
export function renderConfined(schema: string, sql: string): string {
  const run = `${escapeIdentifier(schema)}.${escapeIdentifier("tenantry run files")}`;
  return asOwner(
    schema,
    `create function ${run}(text) returns void language plpgsql security definer as 'begin execute $1; end';
select ${run}(${escapeLiteral(sql)}::text);
close all;
reset all;
set local search_path = pg_catalog;
do ${escapeLiteral(REFUSE_DEFERRED)};
drop function ${run}(text)`,
  );
}

/** Whatever the transaction changed rows of, it has a lock on. Foreign keys are no danger: they run with their owner's rights. */
const REFUSE_DEFERRED = `
declare
  late text;
begin
  select pg_describe_object(o.classid, o.objid, 0) into late
  from pg_locks l cross join lateral (
    select 'pg_trigger'::regclass, t.oid from pg_trigger t
    where t.tgrelid = l.relation and t.tgdeferrable and not t.tgisinternal
    union all
    select 'pg_class'::regclass, x.indexrelid from pg_index x
    where x.indrelid = l.relation and not x.indimmediate and (x.indexprs is not null or x.indpred is not null)
  ) o (classid, objid)
  where l.locktype = 'relation' and l.pid = pg_backend_pid();
  if found then
    raise insufficient_privilege using message = format('%s is deferrable: after this, it would run as the admin', late);
  end if;
end`;

const textOf = (files: readonly SqlFile[]): string => files.map(({ sql }) => sql).join("\n;\n");

const asOwner = (schema: string, sql: string): string => `
set local role ${CELL_ROLES.owner};
set local search_path = ${escapeIdentifier(schema)};
${sql}
;
set local search_path = pg_catalog;
set local role none`;

/** Notes which files a schema has. */
export const renderLedger = (schema: string, files: readonly SqlFile[]): string =>
  `insert into tenantry.migrations (schema_name, file, digest) values ${files
    .map(({ name, digest }) => `(${[schema, name, digest].map(escapeLiteral).join(", ")})`)
    .join(", ")}`;
