/** A membership of one role in another. */
import type { Props } from "../../provider";
import { type StandIn, text } from "../stand-in";
import { onlyKnown } from "./inputs";
import { DEFAULT_DATABASE, ident, type WithSession } from "./session";

const KNOWN = ["role", "grantRole", "withAdminOption"];

/** A creator's own grant of a new role has neither option: it does not count as the membership that is asked for. */
const FIND = `
  select bool_or(m.admin_option) as "withAdminOption"
  from pg_auth_members m
  where pg_get_userbyid(m.member) = $1 and pg_get_userbyid(m.roleid) = $2 and m.set_option
  having count(*) > 0`;

export function grantRole(withSession: WithSession): StandIn {
  const find = (props: Props): Promise<Props | undefined> =>
    withSession(DEFAULT_DATABASE, async (client) => {
      return (await client.query(FIND, [text(props, "role"), text(props, "grantRole")])).rows[0];
    });
  return {
    required: ["role", "grantRole"],
    replaceOn: KNOWN,
    check: (inputs) => onlyKnown(inputs, KNOWN),
    create: async (_urn, inputs) => {
      const [member, group] = [text(inputs, "role"), text(inputs, "grantRole")];
      const withAdminOption = inputs.withAdminOption === true;
      const option = withAdminOption ? " with admin option" : "";
      await withSession(DEFAULT_DATABASE, (client) =>
        client.query(`grant ${ident(group)} to ${ident(member)}${option}`),
      );
      return { id: `${member}_${group}_${withAdminOption}`, outs: { ...inputs, withAdminOption } };
    },
    read: async (id, _urn, props) => {
      const live = await find(props);
      return live ? { id, props: { ...props, ...live } } : {};
    },
    update: async (_id, _urn, olds, news) => ({ outs: { ...olds, ...news } }),
    delete: async (_id, _urn, props) => {
      if (!(await find(props))) return;
      const revoke = `revoke ${ident(text(props, "grantRole"))} from ${ident(text(props, "role"))}`;
      await withSession(DEFAULT_DATABASE, (client) => client.query(revoke));
    },
  };
}
