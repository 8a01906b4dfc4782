/**
 * The secret of a login. It is written to the store before the database hears of it, so that a run that is killed in between
 * leaves a secret without a login, never a login whose password nobody has; the next run uses what the store holds.
 */
import { createHash, randomBytes } from "node:crypto";
import { TenantryError } from "../registry/errors";
import type { PairInUse } from "./rotation";
import { scramVerifier } from "./scram";
import type { Connection, Secret, SecretStore } from "./types";

/** Where a secret says that its database is. */
export type Endpoint = Pick<Connection, "host" | "port" | "database" | "sslmode">;

/** One text for one endpoint: what tells that a secret must be written again. */
export const renderEndpoint = ({ host, port, database, sslmode }: Endpoint): string =>
  `${host}:${port}/${database}?${sslmode}`;

export interface LoginSecret {
  /** The login that the store names now. */
  readonly login: string;
  /** True when the store names the next login of the pair already, and the database is to follow. */
  readonly renamed: boolean;
  /** Tells whether the login has this password, and says nothing about it: passwords are 32 random bytes. */
  readonly fingerprint: string;
  /** The SCRAM verifier to set. Computed when asked for: it takes milliseconds. */
  verifier(): Promise<string>;
}

export interface SecretSubject {
  readonly path: string;
  readonly pair: Pick<PairInUse, "login" | "next">;
  readonly schema: string;
  readonly endpoint: Endpoint;
}

/**
 * Makes sure that the store holds a complete secret for the login, with the password that it already holds, or a new one.
 * Where a rotation ended right after it had written the next login there, that login stays: applications use it by now.
 * @throws TenantryError TN-316 for a password that no SCRAM verifier can be made of; whatever the store throws.
 */
export async function ensureLoginSecret(store: SecretStore, subject: SecretSubject): Promise<LoginSecret> {
  const held = await store.read(subject.path);
  const { next } = subject.pair;
  const renamed = next !== null && namesLogin(held, next);
  const login = renamed ? next : subject.pair.login;
  const password = held?.data.password || drawPassword();
  assertUsable(subject.path, password);
  const data = renderSecret(subject, login, password);
  if (!held || !sameData(held, data)) await store.write(subject.path, data, held?.version ?? 0);
  return { login, renamed, fingerprint: fingerprint(login, password), verifier: () => scramVerifier(password) };
}

/** Whether the store names this login, with a password. */
export const namesLogin = (held: Secret | undefined, login: string): boolean =>
  held?.data.username === login && Boolean(held.data.password);

export const drawPassword = (): string => randomBytes(32).toString("base64url");

/** @throws TenantryError TN-316 for a password that no SCRAM verifier can be made of. */
export function assertUsable(path: string, password: string): void {
  if (/^[\x21-\x7e]+$/.test(password)) return;
  throw new TenantryError(
    "TN-316",
    `the password in ${path} is not printable ASCII without spaces; remove the secret to have a new one drawn`,
  );
}

/** The key comes first, so that a text that is known elsewhere as somebody's digest never matches. */
export function fingerprint(login: string, password: string): string {
  return createHash("sha256").update(`tenantry login ${login}\n${password}`).digest("hex").slice(0, 32);
}

/** What the store holds of a login. */
export function renderSecret(
  { schema, endpoint }: Pick<SecretSubject, "schema" | "endpoint">,
  login: string,
  password: string,
): Record<string, string> {
  const { host, port, database, sslmode } = endpoint;
  const authority = `${encodeURIComponent(login)}:${encodeURIComponent(password)}@${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    host,
    port: String(port),
    database,
    username: login,
    password,
    schema,
    sslmode,
    url: `postgresql://${authority}/${encodeURIComponent(database)}?sslmode=${sslmode}`,
  };
}

const sameData = ({ data }: Secret, wanted: Readonly<Record<string, string>>): boolean =>
  Object.keys(wanted).length === Object.keys(data).length &&
  Object.entries(wanted).every(([key, value]) => data[key] === value);
