/** A database. */
import { escapeLiteral } from "pg";
import type { Props } from "../../provider";
import { type StandIn, text } from "../stand-in";
import { notRenamed, onlyKnown } from "./inputs";
import { DEFAULT_DATABASE, ident, type WithSession } from "./session";

const KNOWN = ["name", "encoding", "template"];

const FIND = `
  select d.datname as name, pg_encoding_to_char(d.encoding) as encoding, pg_get_userbyid(d.datdba) as owner,
         d.datcollate as "lcCollate", d.datctype as "lcCtype", d.datconnlimit as "connectionLimit",
         d.datallowconn as "allowConnections", d.datistemplate as "isTemplate"
  from pg_database d where d.datname = $1`;

export function database(withSession: WithSession): StandIn {
  const find = (name: string): Promise<Props | undefined> =>
    withSession(DEFAULT_DATABASE, async (client) => (await client.query(FIND, [name])).rows[0]);
  return {
    required: ["name"],
    replaceOn: ["encoding", "template"],
    check: (inputs, olds) => [...onlyKnown(inputs, KNOWN), ...notRenamed(inputs, olds)],
    create: async (_urn, inputs) => {
      const name = text(inputs, "name");
      if (!(await find(name))) {
        const { template = "template0", encoding = "UTF8" } = inputs;
        const options = `template ${ident(String(template))} encoding ${escapeLiteral(String(encoding))}`;
        await withSession(DEFAULT_DATABASE, (client) => client.query(`create database ${ident(name)} ${options}`));
      }
      return { id: name, outs: { ...inputs, ...(await find(name)) } };
    },
    read: async (id, _urn, props) => {
      const live = await find(id);
      return live ? { id, props: { ...props, ...live } } : {};
    },
    update: async (id, _urn, olds, news) => ({ outs: { ...olds, ...news, ...(await find(id)) } }),
    delete: async (id) => {
      await withSession(DEFAULT_DATABASE, (client) =>
        client.query(`drop database if exists ${ident(id)} with (force)`),
      );
    },
  };
}
