/** The types of @pulumi/postgresql that the program uses, really executed on the server that the provider names. */
import type { LocalContext, LocalProvider, Props } from "../provider";
import { database } from "./postgresql/database";
import { extension } from "./postgresql/extension";
import { sessionsOf } from "./postgresql/session";
import { makeProvider } from "./stand-in";

export function postgresqlProvider(_context: LocalContext, config: Props): LocalProvider {
  const withSession = sessionsOf(config);
  return makeProvider({
    file: "local/providers/postgresql/",
    types: {
      "postgresql:index/database:Database": database(withSession),
      "postgresql:index/extension:Extension": extension(withSession),
    },
  });
}
