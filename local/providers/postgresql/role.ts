/** A role: attributes and memberships, as far as an RDS-like admin may give them. Passwords are drawn by the reconciler. */
import type { Client } from "pg";
import type { Props } from "../../provider";
import { type StandIn, text } from "../stand-in";
import { mustBeOff, notRenamed, onlyKnown, texts } from "./inputs";
import { DEFAULT_DATABASE, ident, type WithSession } from "./session";

/** Input, its keyword, and its default in the real provider. */
const ATTRIBUTES = [
  { property: "login", keyword: "login", otherwise: false },
  { property: "inherit", keyword: "inherit", otherwise: true },
  { property: "createDatabase", keyword: "createdb", otherwise: false },
  { property: "createRole", keyword: "createrole", otherwise: false },
] as const;
const NOT_ON_RDS = ["superuser", "replication", "bypassRowLevelSecurity"];
const KNOWN = ["name", "roles", "skipReassignOwned", ...NOT_ON_RDS, ...ATTRIBUTES.map(({ property }) => property)];

const FIND = `
  select r.rolcanlogin as login, r.rolinherit as inherit, r.rolcreatedb as "createDatabase", r.rolcreaterole as "createRole",
         r.rolsuper as superuser, r.rolreplication as replication, r.rolbypassrls as "bypassRowLevelSecurity",
         array(select distinct pg_get_userbyid(m.roleid)::text from pg_auth_members m where m.member = r.oid order by 1) as roles
  from pg_roles r where r.rolname = $1`;

export function role(withSession: WithSession): StandIn {
  const apply = (name: string, inputs: Props): Promise<Props | undefined> =>
    withSession(DEFAULT_DATABASE, async (client) => {
      await client.query("begin"); // ended with the session when a statement fails
      const found = await find(client, name);
      await client.query(`${found ? "alter" : "create"} role ${ident(name)} ${attributesOf(inputs)}`);
      await setMemberships(client, name, texts(found?.roles), inputs.roles);
      await client.query("commit");
      return find(client, name);
    });
  return {
    required: ["name"],
    replaceOn: [],
    check: (inputs, olds) => [
      ...onlyKnown(inputs, KNOWN),
      ...notRenamed(inputs, olds),
      ...mustBeOff(inputs, NOT_ON_RDS, "is not the admin's to give, here or on RDS"),
    ],
    create: async (_urn, inputs) => {
      const name = text(inputs, "name");
      return { id: name, outs: { ...inputs, ...(await apply(name, inputs)) } };
    },
    read: async (id, _urn, props) => {
      const live = await withSession(DEFAULT_DATABASE, (client) => find(client, id));
      return live ? { id, props: { ...props, ...live } } : {};
    },
    update: async (id, _urn, olds, news) => ({ outs: { ...olds, ...news, ...(await apply(id, news)) } }),
    delete: async (id) => {
      await withSession(DEFAULT_DATABASE, (client) => client.query(`drop role if exists ${ident(id)}`));
    },
  };
}

async function find(client: Client, name: string): Promise<Props | undefined> {
  return (await client.query(FIND, [name])).rows[0];
}

function attributesOf(inputs: Props): string {
  return ATTRIBUTES.map(
    ({ property, keyword, otherwise }) => `${(inputs[property] ?? otherwise) ? "" : "no"}${keyword}`,
  ).join(" ");
}

/** Groups that are not written are left as they are: others may grant them. */
async function setMemberships(client: Client, name: string, live: readonly string[], wanted: unknown): Promise<void> {
  if (wanted === undefined) return;
  const groups = texts(wanted);
  for (const group of groups.filter((item) => !live.includes(item))) {
    await client.query(`grant ${ident(group)} to ${ident(name)}`);
  }
  for (const group of live.filter((item) => !groups.includes(item))) {
    await client.query(`revoke ${ident(group)} from ${ident(name)}`);
  }
}
