/** An HTTP service of which every request runs as one tenant: lists, shows and creates topics. `docs/client.md` says how to run it. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { DatabaseError } from "pg";
import { connect, hashOfKey, type TenantClient, TenantNotActive, UnknownTenant, vaultSecrets } from "../../client";

/** Says which tenant a request is of, by slug; undefined when it does not prove it. */
export type SignIn = (request: IncomingMessage) => Promise<string | undefined>;

const KEY_HERE =
  "select from api_keys where key_hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())";

/**
 * By `Authorization: Bearer <API key>`. The key says whose it is: only pooled tenants can be found by it. Of a tenant with tables of
 * its own the request gives the name (`x-tenant: birch`; a host name would do). It proves nothing and need not, for the key is then
 * looked for as that tenant. Whatever is wrong gets one answer.
 */
export function byApiKey(client: TenantClient): SignIn {
  return async ({ headers: { authorization, "x-tenant": named } }) => {
    const [, key] = /^Bearer ([!-~]{1,200})$/.exec(authorization ?? "") ?? [];
    if (key === undefined) return undefined;
    if (typeof named !== "string") return (await client.tenantOf("api_key", hashOfKey(key)))?.slug;
    const found = await client.query(named, KEY_HERE, [hashOfKey(key)]).catch((error) => {
      if (error instanceof UnknownTenant || error instanceof TenantNotActive) return undefined;
      throw error;
    });
    return found?.rowCount ? named : undefined;
  };
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const GONE: Reply = { status: 499, body: {} };

export function createService(client: TenantClient, signIn: SignIn): Server {
  return createServer(async (request, response) => {
    const gone = new AbortController();
    response.on("close", () => gone.abort()); // nobody waits for the answer: the server need not look for it
    const { status, body } = await answer(client, signIn, request, gone.signal).catch((error) =>
      gone.signal.aborted ? GONE : explain(error),
    );
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
}

async function answer(client: TenantClient, signIn: SignIn, request: IncomingMessage, signal: AbortSignal) {
  const tenant = await signIn(request);
  if (tenant === undefined) return { status: 401, body: { error: "sign in" } };
  const [, id] = /^\/topics(?:\/([^/]+))?$/.exec(request.url ?? "") ?? [];
  // No statement names the tenant: what it sees and where its rows go is the database's business.
  switch (`${request.method} ${id === undefined ? request.url : "/topics/:id"}`) {
    case "GET /topics": {
      const text = "select id, name, created_at from topics order by name limit 100";
      return { status: 200, body: (await client.query(tenant, text, [], { signal })).rows };
    }
    case "GET /topics/:id": {
      const text = "select id, name, created_at from topics where id = $1";
      const [topic] = (await client.query(tenant, text, [id], { signal })).rows;
      return topic ? { status: 200, body: topic } : { status: 404, body: { error: "no such topic" } };
    }
    case "POST /topics": {
      const topic = Object(await json(request));
      const text = "insert into topics (name) values ($1) returning id, name, created_at";
      return { status: 201, body: (await client.query(tenant, text, [topic.name])).rows[0] };
    }
    default:
      return { status: 404, body: { error: "no such page" } };
  }
}

function explain(error: unknown): Reply {
  if (error instanceof TenantNotActive) return { status: 403, body: { error: `the account is ${error.status}` } };
  if (error instanceof UnknownTenant) return { status: 403, body: { error: "no such account" } };
  if (error instanceof SyntaxError) return { status: 400, body: { error: "the body is not JSON" } };
  if (error instanceof DatabaseError && error.code === "23505") return { status: 409, body: { error: "it is there" } };
  // Tenantry's own class: the tenant has used what its plan gives. The message says what of, and how much.
  if (error instanceof DatabaseError && error.code?.startsWith("TQ"))
    return { status: 403, body: { error: error.message } };
  // Class 22 and 23: values that do not fit.
  if (error instanceof DatabaseError && /^2[23]/.test(error.code ?? ""))
    return { status: 400, body: { error: "not allowed" } };
  console.error(error);
  return { status: 500, body: { error: "something is wrong on our side" } };
}

if (require.main === module) {
  const { DIRECTORY = "directory.json", VAULT_ADDR = "", VAULT_TOKEN = "", PORT = "8080" } = process.env;
  const client = connect({
    directory: async () => JSON.parse(await readFile(DIRECTORY, "utf8")),
    secrets: vaultSecrets({ address: VAULT_ADDR, token: VAULT_TOKEN }),
  });
  const server = createService(client, byApiKey(client)).listen(Number(PORT), "127.0.0.1");
  process.once("SIGTERM", () => server.close(() => void client.close()));
}
