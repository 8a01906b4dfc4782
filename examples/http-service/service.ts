/** An HTTP service of which every request runs as one tenant: lists, shows and creates topics. `docs/client.md` says how to run it. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { DatabaseError } from "pg";
import { connect, type TenantClient, TenantNotActive, UnknownTenant, vaultSecrets } from "../../client";

/** Says which tenant a request is of, by slug; undefined when it does not prove it. */
export type SignIn = (request: IncomingMessage) => string | undefined;

/**
 * Trusts the gateway in front of this service, which has signed its caller in and says so: `x-tenant: cedar` and `x-tenant-proof`,
 * the HMAC-SHA-256 of the slug with a key that the two share. Without the proof the header would be anybody's to write. A proof
 * does not expire: keep the way between the two private, and the key out of everything else.
 */
export function trustGateway(key: string): SignIn {
  return ({ headers: { "x-tenant": slug, "x-tenant-proof": proof } }) => {
    if (typeof slug !== "string" || typeof proof !== "string") return undefined;
    const expected = createHmac("sha256", key).update(slug).digest("hex");
    const same = proof.length === expected.length && timingSafeEqual(Buffer.from(proof), Buffer.from(expected));
    return same ? slug : undefined;
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

async function answer(
  client: TenantClient,
  signIn: SignIn,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Reply> {
  const tenant = signIn(request);
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
  // Class 22 and 23: values that do not fit.
  if (error instanceof DatabaseError && /^2[23]/.test(error.code ?? ""))
    return { status: 400, body: { error: "not allowed" } };
  console.error(error);
  return { status: 500, body: { error: "something is wrong on our side" } };
}

if (require.main === module) {
  const { DIRECTORY = "directory.json", VAULT_ADDR = "", VAULT_TOKEN = "", GATEWAY_KEY, PORT = "8080" } = process.env;
  if (!GATEWAY_KEY) throw new Error("set GATEWAY_KEY to the key that the gateway signs with");
  const client = connect({
    directory: async () => JSON.parse(await readFile(DIRECTORY, "utf8")),
    secrets: vaultSecrets({ address: VAULT_ADDR, token: VAULT_TOKEN }),
  });
  const server = createService(client, trustGateway(GATEWAY_KEY)).listen(Number(PORT), "127.0.0.1");
  process.once("SIGTERM", () => server.close(() => void client.close()));
}
