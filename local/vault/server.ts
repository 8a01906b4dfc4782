/** The local Vault: HTTP in, the parts that answer, HTTP out. It logs nothing: paths name tenants, bodies hold secrets. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Ask } from "../../policies/vault/acl";
import { isRecord } from "../wire";
import { type Answer, Refusal, type Request, unsupported } from "./exchange";
import { isLogin, serveLogin } from "./kubernetes-login";
import { type KvPlace, serveKv } from "./kv-routes";
import type { Storage } from "./storage";
import { serveAuthMethods, serveAuthObjects, serveMounts, servePolicies } from "./system-routes";
import { assertAllowed, findCaller, serveTokens } from "./tokens";

const MAX_BODY_BYTES = 1024 * 1024;
const METHODS: Readonly<Record<string, Request["method"]>> = {
  GET: "GET",
  POST: "POST",
  PUT: "POST",
  DELETE: "DELETE",
};
const HEALTH = {
  initialized: true,
  sealed: false,
  standby: false,
  version: "tenantry-local",
  cluster_name: "tenantry-local",
};

export function createVault(storage: Storage, rootToken: string): Server {
  return createServer((message, response) => {
    answer(storage, rootToken, message)
      .catch((error: unknown) => (error instanceof Refusal ? error.answer : internal(error)))
      .then((result) => send(response, result));
  });
}

async function answer(storage: Storage, rootToken: string, message: IncomingMessage): Promise<Answer> {
  const request = await readRequest(message);
  if (request.path === "sys/health" && request.method === "GET") return { status: 200, body: HEALTH };
  if (isLogin(request)) return await serveLogin(storage, rootToken, request);
  const presented = message.headers["x-vault-token"];
  const caller = findCaller(storage, rootToken, typeof presented === "string" ? presented : undefined);
  const place = findPlace(storage, request.path);
  assertAllowed(storage, caller, { capability: capabilityFor(storage, request, place), path: request.path });
  if (place) return serveKv(storage, place, request);
  if (under(request, "sys/mounts")) return serveMounts(storage, request);
  if (under(request, "sys/policies/acl")) return servePolicies(storage, request);
  if (under(request, "sys/auth")) return serveAuthMethods(storage, request);
  if (under(request, "auth/token")) return serveTokens(storage, caller, request);
  if (under(request, "auth")) return serveAuthObjects(storage, request);
  throw unsupported(request);
}

async function readRequest(message: IncomingMessage): Promise<Request> {
  const url = new URL(message.url ?? "/", "http://vault");
  const listed = message.method === "GET" && url.searchParams.get("list") === "true";
  const method = listed ? "LIST" : METHODS[message.method ?? ""];
  if (!method) throw new Refusal(405, `unsupported method ${message.method}`);
  if (!url.pathname.startsWith("/v1/")) throw new Refusal(404, "the API is below /v1/");
  const path = unescapePath(url.pathname.slice("/v1/".length)).replace(/\/+$/, "");
  return { method, path, query: url.searchParams, body: await readBody(message) };
}

async function readBody(message: IncomingMessage): Promise<Request["body"]> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Refusal(413, "request body too large");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return {};
  const body = parseJson(text);
  if (!isRecord(body)) throw new Refusal(400, "error parsing JSON");
  return body;
}

function unescapePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, "invalid escape in the path");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the caller, without repeating the body
  }
}

function findPlace(storage: Storage, path: string): KvPlace | undefined {
  const mount = Object.keys(storage.system.mounts).find((name) => path.startsWith(`${name}/`));
  if (mount === undefined) return undefined;
  const [operation = "", ...rest] = path.slice(mount.length + 1).split("/");
  return { mount, operation, path: rest.join("/") };
}

/** Writing needs `create` for a secret that is not there and `update` for everything else. */
function capabilityFor(storage: Storage, { method }: Request, place: KvPlace | undefined): Ask["capability"] {
  const isNew = place?.operation === "data" && !storage.find(`${place.mount}/${place.path}`);
  const needs = { GET: "read", LIST: "list", POST: isNew ? "create" : "update", DELETE: "delete" } as const;
  return needs[method];
}

function under({ path }: Request, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function internal(error: unknown): Answer {
  const code = isRecord(error) && typeof error.code === "string" ? error.code : "unexpected";
  return { status: 500, body: { errors: [`internal error (${code})`] } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
