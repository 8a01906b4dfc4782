/** The example service over a real cell: it does its work, and one tenant's requests reach nobody else's topics. */
import { IncomingMessage, type Server } from "node:http";
import { Socket } from "node:net";
import { hashOfKey, type TenantClient } from "../../client";
import { byApiKey, createService, type SignIn } from "../../examples/http-service/service";
import { type ClientCell, rowOf, type Slug, startClientCell } from "../client/client-cell";
import { idOf } from "../database/test-cell";

const SLUGS: readonly Slug[] = ["cedar", "fir", "birch", "elm"];
const keyOf = (slug: string) => `key-of-${slug}`;
const ADD_KEY = `with o as (insert into organizations (name, slug) values ('Main', 'main') returning id)
  insert into api_keys (organization_id, name, key_prefix, key_hash) select id, 'ci', 'key-', $1 from o`;
/** What a caller of the tenant sends: who has tables of its own gives its name too. */
const headersOf = (slug: string) => ({
  authorization: `Bearer ${keyOf(slug)}`,
  ...(slug === "birch" || slug === "elm" ? { "x-tenant": slug } : {}),
});

let cell: ClientCell;
let server: Server;
let base: string;
beforeAll(async () => {
  cell = await startClientCell();
  const client = cell.client();
  for (const slug of SLUGS) await client.query(slug, ADD_KEY, [hashOfKey(keyOf(slug))]);
  server = createService(client, byApiKey(client));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the service has no port");
  base = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server?.close(resolve));
  await cell?.stop();
});

async function ask(slug: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { ...headersOf(slug), connection: "close" };
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(base + path, { headers, ...sent });
  return { status: response.status, body: await response.json() };
}

async function create(slug: Slug, name: string): Promise<string> {
  const { status, body } = await ask(slug, "/topics", { name });
  expect(status).toBe(201);
  return Object(body).id;
}

test.each<Slug>(["cedar", "birch"])("%s lists, shows and creates its topics", async (slug) => {
  expect(await ask(slug, "/topics")).toEqual({ status: 200, body: [] });
  const id = await create(slug, "orders");
  expect(await ask(slug, `/topics/${id}`)).toMatchObject({ status: 200, body: { id, name: "orders" } });
  expect((await ask(slug, "/topics")).body).toMatchObject([{ name: "orders" }]);
  expect(await ask(slug, "/topics", { name: "orders" })).toMatchObject({ status: 409 });
  expect(await ask(slug, "/topics", { name: "not a name" })).toMatchObject({ status: 400 });
  expect(await ask(slug, "/topics/1")).toMatchObject({ status: 400 });
  expect(await ask(slug, "/elsewhere")).toMatchObject({ status: 404 });
});

test.each<Slug>(["cedar", "birch"])("%s is told that its plan gives no more", async (slug) => {
  const give = (from: number, to: number) =>
    cell.tamper(
      `update tenantry.tenants set line = replace(line, 'quotas.topics=${from}', 'quotas.topics=${to}') where slug = '${slug}'`,
    );
  await give(1000, 1);
  const answer = await ask(slug, "/topics", { name: "too-many" });
  await give(1, 1000);
  expect(answer).toEqual({ status: 403, body: { error: expect.stringMatching(/^quota topics of plan .* used$/) } });
});

describe("another tenant's topic", () => {
  test.each<[Slug, Slug]>([
    ["cedar", "fir"],
    ["birch", "elm"],
    ["birch", "fir"],
  ])("%s, with the id of %s's in the path, finds nothing", async (attacker, victim) => {
    const id = await create(victim, `of-${victim}-before-${attacker}`);
    expect(await ask(attacker, `/topics/${id}`)).toMatchObject({ status: 404 });
    expect(await ask(victim, `/topics/${id}`)).toMatchObject({ status: 200 });
  });

  test("the control: without row security the same request finds it", async () => {
    const id = await create("fir", "exposed");
    await cell.tamper("alter table pooled.topics disable row level security");
    const found = await ask("cedar", `/topics/${id}`);
    await cell.tamper("alter table pooled.topics enable row level security");
    expect(found).toMatchObject({ status: 200, body: { name: "exposed" } });
    expect(await ask("cedar", `/topics/${id}`)).toMatchObject({ status: 404 });
  });

  test("cannot be made: a tenant in the body is not heard", async () => {
    const before = (await ask("fir", "/topics")).body;
    await ask("cedar", "/topics", { name: "planted", tenant_id: idOf("fir") });
    expect((await ask("fir", "/topics")).body).toEqual(before);
    expect((await ask("cedar", "/topics")).body).toContainEqual(expect.objectContaining({ name: "planted" }));
  });
});

describe("who does not prove who they are", () => {
  const statusOf = async (headers: Record<string, string>) =>
    (await fetch(`${base}/topics`, { headers: { ...headers, connection: "close" } })).status;

  test("is refused; the same request with a key is not", async () => {
    expect(await statusOf({})).toBe(401);
    for (const authorization of ["", "Bearer", "Bearer ", "Bearer key-of-nobody", "Basic key-of-fir", "key-of-fir"]) {
      expect([authorization, await statusOf({ authorization })]).toEqual([authorization, 401]);
    }
    expect(await statusOf(headersOf("fir"))).toBe(200); // the control
    expect(await statusOf({ authorization: headersOf("birch").authorization })).toBe(401); // whose tables would that be in?
    expect(await statusOf(headersOf("birch"))).toBe(200);
  });

  test("gains nothing by another tenant's name: a key is looked for as the tenant that is named", async () => {
    for (const named of ["fir", "birch", "elm", "nobody", "constructor", ""]) {
      expect([named, await statusOf({ ...headersOf("cedar"), "x-tenant": named })]).toEqual([named, 401]);
    }
    expect(await statusOf({ ...headersOf("cedar"), "x-tenant": "cedar" })).toBe(200); // the control
  });

  test.each<Slug>(["fir", "elm"])("by a key that is revoked or has expired is refused at once: %s", async (slug) => {
    const client = cell.client();
    for (const [spoiled, whole] of [
      ["revoked_at = now()", "revoked_at = null"],
      ["expires_at = now()", "expires_at = null"],
    ]) {
      await client.query(slug, `update api_keys set ${spoiled}`);
      expect(await statusOf(headersOf(slug))).toBe(401);
      await client.query(slug, `update api_keys set ${whole}`);
      expect(await statusOf(headersOf(slug))).toBe(200);
    }
  });

  test("is told no more when the tenant is suspended; one that is suspended meanwhile is told", async () => {
    const suspended = cell.client({ directory: [{ ...rowOf("elm", "schema", cell), status: "suspended" }] });
    expect(await byApiKey(suspended)(requestOf("elm"))).toBeUndefined();
    const answer = await answerOf(suspended, async () => "elm");
    expect(answer).toEqual({ status: 403, body: { error: "the account is suspended" } });
    expect(await answerOf(suspended, async () => "nobody")).toMatchObject({ status: 403 });
  });
});

const requestOf = (slug: string): IncomingMessage =>
  Object.assign(new IncomingMessage(new Socket()), { headers: headersOf(slug) });

/** What a service of its own answers. */
async function answerOf(client: TenantClient, signIn: SignIn): Promise<{ status: number; body: unknown }> {
  const other = createService(client, signIn);
  await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const response = await fetch(`http://127.0.0.1:${port}/topics`, { headers: { connection: "close" } });
  const answer = { status: response.status, body: await response.json() };
  await new Promise((resolve) => other.close(resolve));
  return answer;
}
