/**
 * The functions that count: one for each quota, generated from its directive, owned by the control role. Rows that a statement
 * adds or takes away are counted at once; rows that it changes, one by one, and only where the change could matter.
 */
import { escapeIdentifier, escapeLiteral } from "pg";
import { CONTROL_SCHEMA } from "../registry/names";
import type { Quota } from "./directives";
import { type CountedQuota, columnsOf, isCounted, renderDeltas } from "./quota-sources";

/** What the triggers and their functions are called: nothing else in a managed schema begins so. */
export const QUOTA_PREFIX = "tenantry_quota_";

/** Sessions that add to one sum at a time wait for one another only where their process numbers meet. */
const SLOTS = 16;

/** `tenantry_quota_partitions_per_topic`: nothing that would have to be quoted. */
export const quotaWord = ({ name }: Quota): string =>
  QUOTA_PREFIX + name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** As the control role. Whatever was there is replaced. */
export function renderQuotaFunctions(quotas: readonly Quota[]): string {
  return quotas.filter(isCounted).map(renderFunction).join("\n");
}

function renderFunction(quota: CountedQuota): string {
  const name = `${CONTROL_SCHEMA}.${quotaWord(quota)}`;
  const body = `
declare
  d record;
  over record;
  total numeric;
begin
  if tg_op = 'UPDATE' then
    ${charge(quota, movedRow(quota))}
  else
    ${charge(quota, renderDeltas(quota, "changed", "case tg_op when 'DELETE' then -1 else 1 end"))}
  end if;
  return null;
end
`;
  // A time is written out and read back: in one way, whatever the session's is.
  const style = quota.measure.kind === "sum" ? " set datestyle = 'ISO, YMD'" : "";
  return `create or replace function ${name}() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp${style}
as ${escapeLiteral(body)};
comment on function ${name}() is ${escapeLiteral(`Counts for quota ${quota.name}`)};
revoke all on function ${name}() from public;`;
}

/** A row that was changed counts no longer as what it was. */
function movedRow(quota: CountedQuota): string {
  const row = (which: string) =>
    `(select ${columnsOf(quota)
      .map((column) => `${which}.${escapeIdentifier(column)}`)
      .join(", ")})`;
  const each = [renderDeltas(quota, row("old"), "-1"), renderDeltas(quota, row("new"))];
  return `select tenant_id, period, grp, sum(delta) as delta from (${each.join(" union all ")}) m group by 1, 2, 3 having sum(delta) <> 0`;
}

/** Counters are taken in one order, so that two statements never wait for each other. What came to nothing leaves none behind. */
function charge(quota: CountedQuota, deltas: string): string {
  return `for d in ${deltas} order by 1, 2, 3 loop
      ${(quota.measure.kind === "count" ? chargeCount : chargeSum)(quota)}
      elsif total = 0 then
        delete from tenantry.usage u where ${counter(quota)} and u.grp = d.grp and u.used = 0;
      end if;
    end loop;`;
}

/** Exact: the counter is locked until the end of the transaction, and whoever waits for it sees what it then says. */
const chargeCount = (quota: CountedQuota) => `${note(quota, "0")}
      if d.delta > 0 then
        select t.plan, ${limitOf(quota)} as most into over ${OF_TENANT};
        if total > over.most then
          ${refuse(quota)}
        end if;`;

/**
 * Sums are added to all the time, so they are spread over slots, and what sessions that have not committed added is not seen. From
 * 90 % of the limit they go through a gate, one after the other. NaN is refused: no correction would ever take it back.
 */
const chargeSum = (quota: CountedQuota) => `if d.delta = 'NaN' then
        raise numeric_value_out_of_range using message = ${escapeLiteral(`quota ${quota.name} cannot count NaN`)};
      end if;
      select t.plan, ${limitOf(quota)} as most, ${sumOf(quota)} as used into over ${OF_TENANT};
      ${note(quota, `pg_backend_pid() % ${SLOTS}`)}
      if d.delta > 0 then
        if over.used + d.delta > 0.9 * over.most then
          insert into tenantry.usage as u (schema_name, tenant_id, quota, period, slot, used)
          values (tg_table_schema, d.tenant_id, ${escapeLiteral(quota.name)}, d.period, -1, 0)
          on conflict on constraint usage_pkey do update set used = 0;
          total := ${sumOf(quota)};
          if total > over.most then
            ${refuse(quota)}
          end if;
        end if;`;

const OF_TENANT = "from tenantry.tenants t left join tenantry.plans p on p.name = t.plan where t.id = d.tenant_id";

const limitOf = ({ name }: Quota) =>
  `coalesce(t.limits -> ${escapeLiteral(name)}, p.limits -> ${escapeLiteral(name)})::numeric`;

const counter = ({ name }: Quota) =>
  `u.schema_name = tg_table_schema and u.tenant_id = d.tenant_id and u.quota = ${escapeLiteral(name)} and u.period = d.period`;

const sumOf = (quota: Quota) => `(select coalesce(sum(u.used), 0) from tenantry.usage u where ${counter(quota)})`;

const refuse = ({ name }: Quota) =>
  `perform tenantry.refuse_use(${escapeLiteral(name)}, over.plan, total - d.delta, d.delta, over.most);`;

const note = ({ name }: Quota, slot: string) =>
  `insert into tenantry.usage as u (schema_name, tenant_id, quota, period, grp, slot, used)
      values (tg_table_schema, d.tenant_id, ${escapeLiteral(name)}, d.period, d.grp, ${slot}, d.delta)
      on conflict on constraint usage_pkey do update set used = u.used + excluded.used returning used into total;`;
