/** A look-up as SQL: a function that answers whoever may execute it, whatever tenant the transaction is. */
import { escapeLiteral } from "pg";
import { CELL_ROLES } from "../registry/names";
import type { TypedLookUp } from "./look-up-types";
import { qualified } from "./protection";

/** How `drop`, `grant` and `revoke` name it. */
export const signatureOf = (schema: string, { name, type }: TypedLookUp): string =>
  `${qualified(schema, name)}(${type})`;

/** What the function returns, as `pg_get_function_result` spells it. */
export const resultOf = ({ given }: TypedLookUp): string => `TABLE(${["slug text", ...given].join(", ")})`;

/**
 * One statement, which replaces the function where it is there. Its owner runs it: `tenantry_sign_in`, which reads the columns that
 * the look-up needs and no others. PL/pgSQL keeps its plan; a function in SQL would be planned at each call.
 *
 * An exact comparison and nothing else, so that nobody can list what is there. Of a tenant that this cell does not serve, no row,
 * as of one that does not exist. Where one tenant is meant and two have the same, neither is meant: whoever copied another tenant's
 * key into its own rows would else be sent that tenant's requests. One that is suspended counts as well, or its suspension
 * would hand its callers over.
 *
 * Names in the body are words without quotes, as the shape spells a schema's name: the function of two schemas is one to it. No
 * column of a directive begins with `_`, as those do that decide here.
 */
export function renderLookUp(schema: string, lookUp: TypedLookUp): string {
  const { name, table, column, gives } = lookUp;
  const answer = ["slug", ...gives].map((each) => `answer.${each}`).join(", ");
  const body = `
begin
  return query
    select ${answer}
    from (
      select ${["t.slug", ...gives.map((each) => `r.${each}`), "t.status = 'active' as _served", "count(*) over () as _answers"].join(", ")}
      from ${schema}.${table} r join tenantry.tenants t on t.id = r.tenant_id
      where ${[`r.${column} = $1`, ...conditions(lookUp)].join("\n        and ")}
        and t.tier = 'pooled' and t.status <> 'removed'
    ) answer
    where answer._served${isOfOne(name) ? " and answer._answers = 1" : ""};
end
`;
  return (
    `create or replace function ${signatureOf(schema, lookUp)} returns ${resultOf(lookUp)}\n` +
    `language plpgsql stable security definer rows 1 set search_path = pg_catalog, pg_temp\nas ${escapeLiteral(body)}`
  );
}

/** Who may ask: the pooled application, and who is a member of it. */
export const LOOK_UP_USERS: readonly string[] = [CELL_ROLES.app];

const isOfOne = (name: string): boolean => name.startsWith("tenant_of_");

function conditions({ where }: TypedLookUp): readonly string[] {
  return where.map((condition) => {
    const column = `r.${condition.column}`;
    if (condition.is === "word") return `${column} = ${escapeLiteral(condition.word)}`;
    return condition.is === "null" ? `${column} is null` : `(${column} is null or ${column} > statement_timestamp())`;
  });
}
