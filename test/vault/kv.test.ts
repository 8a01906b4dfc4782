import { createServer, type Server } from "node:http";
import { CODES } from "../../registry/errors";
import { VAULT_CODES } from "../../vault/errors";
import { CasMismatch, VaultKv } from "../../vault/kv";
import { startTestVault, type TestMount } from "./test-vault";

let vault: TestMount;
let kv: VaultKv;

beforeAll(async () => {
  vault = await startTestVault();
  const { address, mount, token } = vault;
  kv = new VaultKv({ address, mount, token });
});
afterAll(() => vault.stop());

test("the list of codes has Vault's, with the same words", () => {
  expect(CODES).toMatchObject(VAULT_CODES);
});

describe("check-and-set", () => {
  test("a secret is written, read, replaced and removed", async () => {
    expect(await kv.read("tenants/acme/db")).toBeUndefined();
    expect(await kv.write("tenants/acme/db", { password: "one" }, 0)).toBe(1);
    expect(await kv.write("tenants/acme/db", { password: "two" }, 1)).toBe(2);
    expect(await kv.read("tenants/acme/db")).toEqual({ data: { password: "two" }, version: 2 });
    await kv.remove("tenants/acme/db");
    await kv.remove("tenants/acme/db");
    expect(await kv.read("tenants/acme/db")).toBeUndefined();
    expect(await kv.write("tenants/acme/db", { password: "three" }, 0)).toBe(1);
  });

  test("the slower of two writers is told, and nothing is lost", async () => {
    await kv.write("race", { by: "first" }, 0);
    await expect(kv.write("race", { by: "second" }, 0)).rejects.toThrow(CasMismatch);
    await expect(kv.write("race", { by: "second" }, 7)).rejects.toThrow("TN-407");
    expect(await kv.read("race")).toEqual({ data: { by: "first" }, version: 1 });
    const writers = Array.from({ length: 20 }, (_, number) => kv.write("race", { by: String(number) }, 1));
    const results = await Promise.allSettled(writers);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("a deleted secret counts as nothing there", async () => {
    await kv.write("deleted", { a: "1" }, 0);
    await vault.call("DELETE", `${vault.mount}/data/deleted`);
    expect(await kv.read("deleted")).toBeUndefined();
    expect(await kv.write("deleted", { a: "2" }, 0)).toBe(2);
    await expect(kv.write("deleted", { a: "3" }, 0)).rejects.toThrow(CasMismatch);
  });

  test("names with spaces, slashes and dots stay what they are", async () => {
    await kv.write("odd/na me/%2e..x", { a: "ü" }, 0);
    expect(await kv.read("odd/na me/%2e..x")).toEqual({ data: { a: "ü" }, version: 1 });
    expect(await kv.read("odd/na me")).toBeUndefined();
  });

  test("thousands of writes share a few connections", async () => {
    const names = Array.from({ length: 2_000 }, (_, number) => `many/${number}`);
    await Promise.all(names.map((name) => kv.write(name, { name }, 0)));
    expect(await kv.read("many/1999")).toEqual({ data: { name: "many/1999" }, version: 1 });
  });
});

describe("what goes wrong", () => {
  const to = (options: Partial<ConstructorParameters<typeof VaultKv>[0]>) =>
    new VaultKv({ address: vault.address, mount: vault.mount, token: vault.token, ...options });

  test("no token: which variable to set", () => {
    expect(() => to({ token: "" })).toThrow(/VAULT_TOKEN.*TN-401/);
  });

  test("an address that is none", () => {
    expect(() => to({ address: "vault.example.com" })).toThrow(/https:\/\/vault.example.com:8200.*TN-402/);
  });

  test("another token, another mount", async () => {
    await expect(to({ token: "hvs.wrong" }).read("x")).rejects.toThrow(/VAULT_TOKEN.*secret-\w+\/data\/\*.*TN-404/);
    await expect(to({ mount: "other" }).read("x")).rejects.toThrow(/other\/.*vault secrets enable.*TN-405/);
    await expect(to({ mount: "other" }).write("x", {}, 0)).rejects.toThrow("TN-405");
  });

  test("no secret stands in an error", async () => {
    const error = await to({ token: "hvs.wrong" }).write("x", { password: "hunter2" }, 0).catch(String);
    expect(error).not.toMatch(/hvs\.wrong|hunter2/);
  });

  test("nobody listens: told after some tries, and at once from then on", async () => {
    const down = to({ address: "http://127.0.0.1:1" });
    await expect(down.read("x")).rejects.toThrow(/127.0.0.1:1.*ECONNREFUSED.*TN-402/);
    const many = await Promise.allSettled(Array.from({ length: 500 }, () => down.read("x")));
    expect(many.every(({ status }) => status === "rejected")).toBe(true);
  });
});

describe("a Vault that answers oddly", () => {
  let server: Server;
  let answers: { status: number; body: unknown }[];
  let seen: number;
  let odd: VaultKv;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      seen += 1;
      const answer = answers.shift() ?? { status: 500, body: {} };
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    odd = new VaultKv({ address: `http://127.0.0.1:${port}`, mount: "secret", token: "t" });
  });
  beforeEach(() => {
    seen = 0;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test("sealed: told at once", async () => {
    answers = [{ status: 503, body: { errors: ["Vault is sealed"] } }];
    await expect(odd.read("x")).rejects.toThrow(/vault operator unseal.*TN-403/);
    expect(seen).toBe(1);
  });

  test("a mount that is being made ready is asked again", async () => {
    const preparing =
      "Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period";
    answers = [
      { status: 400, body: { errors: [preparing] } },
      { status: 200, body: { data: { version: 1 } } },
    ];
    expect(await odd.write("x", { a: "1" }, 0)).toBe(1);
    expect(seen).toBe(2);
  });

  test("a replica that is behind and a node that restarts are asked again", async () => {
    const found = { data: { data: { a: "1" }, metadata: { version: 3 } } };
    answers = [
      { status: 412, body: {} },
      { status: 502, body: "" },
      { status: 200, body: found },
    ];
    expect(await odd.read("x")).toEqual({ data: { a: "1" }, version: 3 });
    expect(seen).toBe(3);
  });

  test("a write whose answer was lost is known again as ours", async () => {
    const mismatch = { errors: ["check-and-set parameter did not match the current version"] };
    const stored = { data: { data: { a: "1" }, metadata: { version: 5 } } };
    answers = [
      { status: 502, body: "" },
      { status: 400, body: mismatch },
      { status: 200, body: stored },
    ];
    expect(await odd.write("x", { a: "1" }, 4)).toBe(5);
    answers = [
      { status: 502, body: "" },
      { status: 400, body: mismatch },
      { status: 200, body: stored },
    ];
    answers.push({ status: 200, body: stored });
    await expect(odd.write("x", { a: "2" }, 4)).rejects.toThrow(CasMismatch);
  });

  test("a permission error is not asked again", async () => {
    answers = [{ status: 403, body: { errors: ["permission denied"] } }];
    await expect(odd.read("x")).rejects.toThrow("TN-404");
    expect(seen).toBe(1);
  });
});
