/** The exact privileges of one role on a database: what is not listed is revoked. */
import type { Client } from "pg";
import type { Props } from "../../provider";
import { matches, rule, type StandIn, text } from "../stand-in";
import { onlyKnown, texts } from "./inputs";
import { DEFAULT_DATABASE, ident, type WithSession } from "./session";

const KNOWN = ["database", "role", "objectType", "privileges"];
const PRIVILEGES = ["CONNECT", "CREATE", "TEMPORARY"];
const areKnown = (value: unknown) => texts(value).every((privilege) => PRIVILEGES.includes(privilege));

const FIND = `
  select array(
    select a.privilege_type::text
    from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
    where a.grantee = coalesce((select r.oid from pg_roles r where r.rolname = $2), 0)
    order by 1
  ) as privileges
  from pg_database d
  where d.datname = $1 and ($2 = 'public' or exists (select from pg_roles r where r.rolname = $2))`;

export function grant(withSession: WithSession): StandIn {
  const apply = (inputs: Props): Promise<Props | undefined> =>
    withSession(DEFAULT_DATABASE, async (client) => {
      const wanted = texts(inputs.privileges);
      await client.query("begin"); // ended with the session when a statement fails
      await client.query(`revoke all privileges ${onDatabase(inputs)} from ${granteeOf(inputs)}`);
      if (wanted.length > 0)
        await client.query(`grant ${wanted.join(", ")} ${onDatabase(inputs)} to ${granteeOf(inputs)}`);
      await client.query("commit");
      return find(client, inputs);
    });
  return {
    required: ["database", "role", "objectType", "privileges"],
    replaceOn: ["database", "role", "objectType"],
    check: (inputs) => [
      ...onlyKnown(inputs, KNOWN),
      ...rule(inputs, "objectType", matches(/^database$/), "must be database: the stand-in knows no other objects"),
      ...rule(inputs, "privileges", areKnown, `must be some of ${PRIVILEGES.join(", ")}`),
    ],
    create: async (_urn, inputs) => {
      const id = `${text(inputs, "role")}_${text(inputs, "database")}_database`;
      return { id, outs: { ...inputs, ...(await apply(inputs)) } };
    },
    read: async (id, _urn, props) => {
      const live = await withSession(DEFAULT_DATABASE, (client) => find(client, props));
      return live ? { id, props: { ...props, ...live } } : {};
    },
    update: async (_id, _urn, olds, news) => ({ outs: { ...olds, ...news, ...(await apply(news)) } }),
    delete: async (_id, _urn, props) => {
      const live = await withSession(DEFAULT_DATABASE, (client) => find(client, props));
      if (live) await apply({ ...props, privileges: [] });
    },
  };
}

async function find(client: Client, props: Props): Promise<Props | undefined> {
  return (await client.query(FIND, [text(props, "database"), text(props, "role")])).rows[0];
}

function onDatabase(inputs: Props): string {
  return `on database ${ident(text(inputs, "database"))}`;
}

function granteeOf(inputs: Props): string {
  const name = text(inputs, "role");
  return name === "public" ? "public" : ident(name);
}
