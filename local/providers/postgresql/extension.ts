/** An extension in a database. The admin may make the trusted ones; RDS allows some more. */
import type { Props } from "../../provider";
import { type StandIn, text } from "../stand-in";
import { onlyKnown } from "./inputs";
import { DEFAULT_DATABASE, ident, type WithSession } from "./session";

const KNOWN = ["name", "database", "schema"];

const FIND = `
  select e.extversion as version, n.nspname as schema
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = $1`;

const FIND_DATABASE = "select from pg_database where datname = $1";

export function extension(withSession: WithSession): StandIn {
  const find = async (props: Props): Promise<Props | undefined> => {
    const [name, database] = [text(props, "name"), text(props, "database")];
    const isThere = await withSession(DEFAULT_DATABASE, (client) => client.query(FIND_DATABASE, [database]));
    if (!isThere.rowCount) return undefined;
    return withSession(database, async (client) => (await client.query(FIND, [name])).rows[0]);
  };
  return {
    required: ["name", "database"],
    replaceOn: ["name", "database", "schema"],
    check: (inputs) => onlyKnown(inputs, KNOWN),
    create: async (_urn, inputs) => {
      const [name, database] = [text(inputs, "name"), text(inputs, "database")];
      const schema = typeof inputs.schema === "string" ? ` schema ${ident(inputs.schema)}` : "";
      await withSession(database, (client) => client.query(`create extension if not exists ${ident(name)}${schema}`));
      return { id: `${database}.${name}`, outs: { ...inputs, ...(await find(inputs)) } };
    },
    read: async (id, _urn, props) => {
      const live = await find(props);
      return live ? { id, props: { ...props, ...live } } : {};
    },
    update: async (_id, _urn, olds, news) => ({ outs: { ...olds, ...news, ...(await find(news)) } }),
    delete: async (_id, _urn, props) => {
      if (!(await find(props))) return;
      const drop = `drop extension ${ident(text(props, "name"))}`;
      await withSession(text(props, "database"), (client) => client.query(drop));
    },
  };
}
