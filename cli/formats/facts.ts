/** What a deployment has to know of its tenant's database. Pure. */
import { UNNAMED_SCHEMA } from "../../registry/names";
import type { DirectoryRow } from "../../registry/types";

/** In the order in which they are printed. `url` is for any driver; `schemaUrl` names the schema in it, as Prisma reads it. */
export const FACTS = [
  "host",
  "port",
  "database",
  "schema",
  "sslmode",
  "username",
  "password",
  "url",
  "schemaUrl",
] as const;
export type Fact = (typeof FACTS)[number];

/** A fact that is missing is one that the deployment does not need, or that was not asked for. */
export type Facts = Readonly<Partial<Record<Fact, string>>>;

/** Where a schema is named in a URL. PostgreSQL's own library refuses the parameter; Prisma asks for it. */
const SCHEMA_PARAMETER = "schema";

/** From the directory alone: no secrets. `sslmode` as the stack configures it. */
export function factsOf({ host, port, database, schema }: DirectoryRow, sslmode: string): Facts {
  return { host, port: String(port), database, ...schemaFact(schema), sslmode };
}

/** From the secret in Vault, password included. */
export function secretFacts(secret: Readonly<Record<string, string>>): Facts {
  const { host, port, database, schema = UNNAMED_SCHEMA, sslmode, username, password, url } = secret;
  const known = { host, port, database, ...schemaFact(schema), sslmode, username, password, url };
  const facts: Facts = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return { ...facts, schemaUrl: renderUrl(facts) };
}

/** `postgresql://host:port/database?schema=...&sslmode=...`, with user and password where they are known. */
export function renderUrl(facts: Facts, schemaParameter: string = SCHEMA_PARAMETER): string {
  const { host = "", port = "", database = "", schema, sslmode, username, password } = facts;
  const url = new URL(`postgresql://${host.includes(":") ? `[${host}]` : host}:${port}`);
  url.pathname = `/${encodeURIComponent(database)}`;
  if (username !== undefined) url.username = encodeURIComponent(username);
  if (password !== undefined) url.password = encodeURIComponent(password);
  if (schema !== undefined && schemaParameter !== "") url.searchParams.set(schemaParameter, schema);
  if (sslmode !== undefined) url.searchParams.set("sslmode", sslmode);
  return url.href;
}

const schemaFact = (schema: string): Facts => (schema === UNNAMED_SCHEMA ? {} : { schema });
