/** The types of @pulumi/vault that the program uses, over HTTP: the local Vault and a real one answer alike. */
import { TenantryError } from "../../registry/errors";
import { type Answer, VaultHttp } from "../../vault/http";
import type { LocalContext, LocalProvider, Props } from "../provider";
import { isRecord } from "../wire";
import { makeProvider, type StandIn } from "./stand-in";
import { TYPES, type VaultType } from "./vault/types";

export function vaultProvider(_context: LocalContext, config: Props): LocalProvider {
  const types = Object.entries(TYPES).map(([name, type]) => [name, standIn(type, connector(config))]);
  return makeProvider({ file: "local/providers/vault/types.ts", types: Object.fromEntries(types) });
}

/** Connects when something is to be done: a preview needs neither address nor token. */
function connector({ address }: Props): () => VaultHttp {
  let http: VaultHttp | undefined;
  return () => {
    const from = typeof address === "string" ? address : process.env.VAULT_ADDR;
    http ??= new VaultHttp({ address: from ?? "", token: process.env.VAULT_TOKEN ?? "" });
    return http;
  };
}

function standIn(type: VaultType, connect: () => VaultHttp): StandIn {
  const find = async (inputs: Props): Promise<Props | undefined> => {
    const answer = await connect().send("GET", type.path(inputs));
    const mountIsGone = answer.status === 400 && type.madeOnce;
    return answer.status === 404 || mountIsGone ? undefined : dataOf(answer, type.path(inputs));
  };
  const write = async (inputs: Props): Promise<Props> => {
    const path = type.path(inputs);
    if (!(type.madeOnce && (await find(inputs)))) {
      assertOk(await connect().send("POST", path, fieldsOf(type, inputs)), path);
    }
    const live = type.outputs ? await find(inputs) : {};
    return Object.fromEntries((type.outputs ?? []).map((name) => [name, live?.[name]]));
  };
  return {
    required: type.required,
    replaceOn: type.replaceOn,
    create: async (_urn, inputs) => {
      const id = type.id(inputs);
      return { id, outs: { ...defaultsOf(type, id), ...inputs, ...(await write(inputs)) } };
    },
    read: async (id, _urn, props) => {
      const live = await find(props);
      return live ? { id, props: { ...props, ...liveFields(type, props, live) } } : {};
    },
    update: async (_id, _urn, olds, news) => ({ outs: { ...olds, ...news, ...(await write(news)) } }),
    delete: async (_id, _urn, props) => {
      if (!type.deletable) return;
      const answer = await connect().send("DELETE", type.path(props));
      if (answer.status !== 404) assertOk(answer, type.path(props));
    },
  };
}

/** An auth method without a path has its type's name as path. */
function defaultsOf(type: VaultType, id: string): Props {
  return type.fields.includes("type") ? { path: id } : {};
}

function fieldsOf(type: VaultType, inputs: Props): Props {
  const given = type.fields.filter((name) => inputs[name] !== undefined);
  return Object.fromEntries(given.map((name) => [snakeCase(name), inputs[name]]));
}

/** What Vault says of the inputs that were given, and of its own outputs. */
function liveFields(type: VaultType, props: Props, live: Props): Props {
  const names = [...type.fields.filter((name) => props[name] !== undefined), ...(type.outputs ?? [])];
  const known = names.filter((name) => live[snakeCase(name)] !== undefined);
  return Object.fromEntries(known.map((name) => [name, live[snakeCase(name)]]));
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function dataOf(answer: Answer, path: string): Props {
  assertOk(answer, path);
  const { body } = answer;
  return isRecord(body) && isRecord(body.data) ? body.data : {};
}

function assertOk({ status, body }: Answer, path: string): void {
  if (status >= 200 && status < 300) return;
  const errors = isRecord(body) && Array.isArray(body.errors) ? body.errors.join("; ") : "";
  throw new TenantryError("TN-406", `Vault refuses ${path} with status ${status}: ${errors || "no reason given"}`);
}
