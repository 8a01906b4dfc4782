/** The example service over a real cell: it does its work, and one tenant's requests reach nobody else's topics. */
import { createHmac } from "node:crypto";
import type { Server } from "node:http";
import { createService, trustGateway } from "../../examples/http-service/service";
import { type ClientCell, rowOf, type Slug, startClientCell } from "../client/client-cell";
import { idOf } from "../database/test-cell";

const KEY = "shared with the gateway";

let cell: ClientCell;
let server: Server;
let base: string;
beforeAll(async () => {
  cell = await startClientCell();
  server = createService(cell.client(), trustGateway(KEY));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the service has no port");
  base = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server?.close(resolve));
  await cell?.stop();
});

const proofOf = (slug: string) => createHmac("sha256", KEY).update(slug).digest("hex");

async function ask(slug: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { "x-tenant": slug, "x-tenant-proof": proofOf(slug), connection: "close" };
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

  test("is refused; the same request with the proof is not", async () => {
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ "x-tenant": "fir" })).toBe(401);
    expect(await statusOf({ "x-tenant": "fir", "x-tenant-proof": proofOf("cedar") })).toBe(401);
    expect(await statusOf({ "x-tenant": "fir", "x-tenant-proof": "" })).toBe(401);
    expect(await statusOf({ "x-tenant": "fir", "x-tenant-proof": proofOf("fir") })).toBe(200); // the control
  });

  test("a tenant that is suspended, or not there, is told", async () => {
    const suspended = cell.client({ directory: [{ ...rowOf("fir", "pooled", cell), status: "suspended" }] });
    const other = createService(suspended, trustGateway(KEY));
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const bases = base;
    base = `http://127.0.0.1:${port}`;
    expect(await ask("fir", "/topics")).toEqual({ status: 403, body: { error: "the account is suspended" } });
    expect(await ask("nobody", "/topics")).toMatchObject({ status: 403 });
    base = bases;
    await new Promise((resolve) => other.close(resolve));
  });
});
