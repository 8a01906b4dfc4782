/** Where and as whom connections of a pool log in. */
import type { PoolConfig } from "pg";
import type { DirectoryRow } from "../registry/types";
import { SecretUnavailable } from "./errors";
import type { Settings } from "./options";
import { requireValues, type SecretValues } from "./secrets";

export interface Login {
  readonly cell: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly sslmode: string;
}

/** Place from the directory, credentials from the secret. @throws SecretUnavailable */
export function loginOf({ cell, host, port, database }: DirectoryRow, path: string, secret: SecretValues): Login {
  const { username, password, sslmode } = requireValues(path, secret, ["username", "password", "sslmode"]);
  if (sslmode !== "verify-full" && !(sslmode === "disable" && LOOPBACK.has(host))) {
    const allowed = "allowed is verify-full, and disable for a server on this machine only";
    throw new SecretUnavailable(path, `its sslmode is ${sslmode} for ${host}; ${allowed}`);
  }
  return { cell, host, port, database, username, password, sslmode };
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** A pool of one of the two still serves the other. */
export const sameLogin = (one: Login, other: Login): boolean =>
  one === other ||
  (one.host === other.host &&
    one.port === other.port &&
    one.database === other.database &&
    one.username === other.username &&
    one.password === other.password &&
    one.sslmode === other.sslmode);

/** For `Pool` of `pg`. Nothing here is a setting of the session: a transaction pooler would hand it to anybody. */
export function poolConfig(login: Login, max: number, settings: Settings): PoolConfig {
  const { cell, database, username, password, sslmode } = login;
  const { ca, pooler, socket } = settings;
  const { host, port, tls } = pooler?.(cell) ?? { ...login, tls: undefined };
  const verified = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) };
  const own = socket?.(cell);
  return {
    host,
    port,
    database,
    user: username,
    password,
    ssl: tls ?? (sslmode === "disable" ? false : verified),
    application_name: settings.applicationName,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    idleTimeoutMillis: settings.idleMs,
    keepAlive: true,
    pipeline: true,
    max,
    ...(own === undefined ? {} : { stream: () => socket?.(cell) }),
  };
}
