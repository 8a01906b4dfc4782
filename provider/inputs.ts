/** What the engine hands over, untrusted -> typed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "../database/types";
import { TenantryError } from "../registry/errors";
import { isRecord, open, type Props } from "./wire";

/** The folder of the project: paths in inputs are relative to it. */
export const PROJECT_DIR = join(__dirname, "..");

export type Lines = Readonly<Record<string, string>>;

export interface CellInputs {
  readonly cell: string;
  readonly connection: Connection;
  readonly vault: { readonly address: string; readonly mount: string };
  readonly tenants: Lines;
  readonly plans: Lines;
}

/** Opens and checks the properties of a CellTenants. @throws TenantryError TN-201, which names the property. */
export function parseCell(props: Props): CellInputs {
  const vault = record(props, "vault");
  return {
    cell: text(props, "cell"),
    connection: parseConnection(record(props, "connection")),
    vault: { address: text(vault, "address"), mount: text(vault, "mount") },
    tenants: parseLines(props.tenants, "tenants"),
    plans: parseLines(props.plans, "plans"),
  };
}

/** A map of texts. @throws TenantryError TN-201 */
export function parseLines(value: unknown, name: string): Lines {
  const lines = open(value);
  if (!isRecord(lines)) return fail(name, "a map of texts", lines);
  return Object.fromEntries(
    Object.entries(lines).map(([key, line]) => [
      key,
      typeof line === "string" ? line : fail(`${name}.${key}`, "text", line),
    ]),
  );
}

function parseConnection(props: Props): Connection {
  const [port, sslmode, caFile] = [open(props.port), open(props.sslmode), open(props.caFile)];
  return {
    host: text(props, "host"),
    port: typeof port === "number" ? port : fail("port", "a number", port),
    database: text(props, "database"),
    username: text(props, "username"),
    password: text(props, "password"),
    sslmode:
      sslmode === "verify-full" || sslmode === "disable" ? sslmode : fail("sslmode", "verify-full or disable", sslmode),
    ...(typeof caFile === "string" ? { ca: readFileSync(join(PROJECT_DIR, caFile), "utf8") } : {}),
  };
}

function record(props: Props, name: string): Props {
  const value = open(props[name]);
  return isRecord(value) ? value : fail(name, "an object", value);
}

function text(props: Props, name: string): string {
  const value = open(props[name]);
  return typeof value === "string" && value !== "" ? value : fail(name, "text", value);
}

/** Says what kind of value was got, never the value: it may be a secret. */
function fail(name: string, allowed: string, got: unknown): never {
  const kind =
    got === "" ? "nothing" : got === undefined ? "missing" : Array.isArray(got) ? "a list" : `of type ${typeof got}`;
  throw new TenantryError("TN-201", `${name} is ${kind}; allowed is ${allowed}`);
}
