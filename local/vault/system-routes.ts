/** What is served below `sys` and `auth`: mounts, policies, the kubernetes method's configuration. */
import { randomBytes } from "node:crypto";
import { PolicyError, parsePolicy } from "../../policies/vault/policy";
import { type Answer, DONE, ok, Refusal, type Request, recordAt, stringAt, unsupported } from "./exchange";
import { type AuthMethod, type Mount, type Storage, without } from "./storage";

const RESERVED = ["auth", "sys", "identity", "cubbyhole"];

/** `sys/mounts` and `sys/mounts/<path>`. */
export function serveMounts(storage: Storage, request: Request): Answer {
  const { mounts } = storage.system;
  const path = request.path.split("/").slice(2).join("/");
  if (request.method === "GET" && path === "") return ok(withSlashes(mounts, renderMount));
  const mount = mounts[path];
  if (request.method === "GET" && mount) return ok(renderMount(mount));
  if (request.method === "GET") throw new Refusal(400, `No secret engine mount at ${path}/`);
  if (path === "" || request.method === "LIST") throw unsupported(request);
  if (request.method === "POST") {
    storage.saveSystem({ mounts: { ...mounts, [path]: newMount(mounts, path, request) } });
    return DONE;
  }
  for (const key of storage.keys().filter((key) => key.startsWith(`${path}/`))) storage.remove(key);
  storage.saveSystem({ mounts: without(mounts, path) });
  return DONE;
}

export function servePolicies(storage: Storage, request: Request): Answer {
  const { policies } = storage.system;
  const name = request.path.split("/").slice(3).join("/");
  if (name === "" && request.method === "LIST") return ok({ keys: [...Object.keys(policies), "root"].sort() });
  if (name === "" || request.method === "LIST") throw unsupported(request);
  if (request.method === "GET") {
    const policy = policies[name];
    if (policy === undefined) throw new Refusal(404);
    return ok({ name, policy });
  }
  if (name === "root") throw new Refusal(400, "cannot change the root policy");
  if (request.method === "POST") {
    const policy = stringAt(request.body, "policy");
    assertPolicy(policy);
    storage.saveSystem({ policies: { ...policies, [name]: policy } });
    return DONE;
  }
  storage.saveSystem({ policies: without(policies, name) });
  return DONE;
}

/** @throws Refusal 400 for a policy that is none, or says more than is understood here. */
function assertPolicy(policy: string): void {
  try {
    parsePolicy(policy);
  } catch (error) {
    throw error instanceof PolicyError ? new Refusal(400, error.message) : error;
  }
}

/** `sys/auth` and `sys/auth/<path>`. */
export function serveAuthMethods(storage: Storage, request: Request): Answer {
  const { auth } = storage.system;
  const path = request.path.split("/").slice(2).join("/");
  if (request.method === "GET" && path === "") return ok(withSlashes(auth, renderMethod));
  const method = auth[path];
  if (request.method === "GET" && method) return ok(renderMethod(method));
  if (request.method === "GET") throw new Refusal(400, `No auth engine at ${path}/`);
  if (path === "" || request.method === "LIST") throw unsupported(request);
  if (request.method === "DELETE") {
    storage.saveSystem({ auth: without(auth, path) });
    return DONE;
  }
  const type = stringAt(request.body, "type");
  if (type !== "kubernetes")
    throw new Refusal(400, `unknown backend type: "${type}"; the local Vault knows kubernetes alone`);
  if (method) throw new Refusal(400, `path is already in use at ${path}/`);
  const accessor = `auth_kubernetes_${randomBytes(4).toString("hex")}`;
  const made = { type, accessor, description: String(request.body.description ?? ""), objects: {} };
  storage.saveSystem({ auth: { ...auth, [path]: made } });
  return DONE;
}

/** `auth/<path>/config` and `auth/<path>/role/<name>`: kept and given back; `auth/<path>/role`: their names. */
export function serveAuthObjects(storage: Storage, request: Request): Answer {
  const { auth } = storage.system;
  if (request.method === "LIST") return listRoles(storage, request);
  const match = /^auth\/(.+)\/(config|role\/[^/]+)$/.exec(request.path);
  const [, path = "", name = ""] = match ?? [];
  const method = auth[path];
  if (!method) throw unsupported(request);
  const save = (objects: AuthMethod["objects"]) => {
    storage.saveSystem({ auth: { ...auth, [path]: { ...method, objects } } });
    return DONE;
  };
  if (request.method === "POST") {
    if (name === "config") assertConfig(request.body);
    return save({ ...method.objects, [name]: request.body });
  }
  if (request.method === "DELETE") return save(without(method.objects, name));
  const found = method.objects[name];
  if (!found || request.method !== "GET") throw new Refusal(404);
  return ok(found);
}

function listRoles({ system }: Storage, request: Request): Answer {
  const [, path = ""] = /^auth\/(.+)\/role$/.exec(request.path) ?? [];
  const method = system.auth[path];
  if (!method) throw unsupported(request);
  const keys = Object.keys(method.objects).filter((name) => name.startsWith("role/"));
  if (keys.length === 0) throw new Refusal(404);
  return ok({ keys: keys.map((name) => name.slice("role/".length)).sort() });
}

/** A real Vault that runs in the cluster has the authority at hand; this one is taken to, unless it is told otherwise. */
function assertConfig(body: Request["body"]): void {
  stringAt(body, "kubernetes_host");
  if (body.disable_local_ca_jwt === true && !body.kubernetes_ca_cert)
    throw new Refusal(400, "kubernetes_ca_cert must be given when disable_local_ca_jwt is true");
}

function newMount(mounts: Readonly<Record<string, Mount>>, path: string, { body }: Request): Mount {
  const version = recordAt(body, "options").version;
  if (stringAt(body, "type") !== "kv" || String(version) !== "2") {
    throw new Refusal(400, 'the local Vault mounts type "kv" with options { version = "2" } alone');
  }
  const clash = Object.keys(mounts).find(
    (other) => `${other}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${other}/`),
  );
  if (clash !== undefined) throw new Refusal(400, `path is already in use at ${clash}/`);
  if (RESERVED.includes(path.split("/")[0] ?? ""))
    throw new Refusal(400, `cannot mount "${path}/": the path is reserved`);
  return { accessor: `kv_${randomBytes(4).toString("hex")}`, description: String(body.description ?? ""), config: {} };
}

const renderMount = ({ accessor, description }: Mount) => ({
  type: "kv",
  accessor,
  description,
  options: { version: "2" },
});
const renderMethod = ({ type, accessor, description }: AuthMethod) => ({ type, accessor, description });

function withSlashes<T, U>(record: Readonly<Record<string, T>>, render: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(record).map(([path, value]) => [`${path}/`, render(value)]));
}
