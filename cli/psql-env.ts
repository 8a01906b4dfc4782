/** A secret as the variables that PostgreSQL's own library reads: a password in them is in no command line. Pure. */
import { renderAssignment } from "./formats/env";
import type { Reach } from "./reach";

/**
 * For a shell's `eval`. At a tunnel PGHOSTADDR is dialled while PGHOST is still the name that the certificate must have. A
 * pooled tenant's context rides along, for as long as it is good.
 */
export function renderPsqlEnv(
  secret: Readonly<Record<string, string>>,
  { bundle, dial }: Pick<Reach, "bundle" | "dial">,
): string {
  const { host, port, database, username, password, sslmode, context } = secret;
  const variables = {
    PGHOST: host,
    PGHOSTADDR: dial?.host === "localhost" ? "127.0.0.1" : dial?.host,
    PGPORT: dial === undefined ? port : String(dial.port),
    PGDATABASE: database,
    PGUSER: username,
    PGPASSWORD: password,
    PGSSLMODE: sslmode,
    PGSSLROOTCERT: sslmode === "disable" ? undefined : (bundle ?? "system"),
    PGOPTIONS: context === undefined ? undefined : `-c tenantry.context=${context}`,
  };
  return Object.entries(variables)
    .flatMap(([name, value]) => (value === undefined ? [] : [`export ${renderAssignment(name, value)}`]))
    .join("\n");
}
