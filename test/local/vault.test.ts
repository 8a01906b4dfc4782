import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { findVault, startVault, stopVault } from "../../local/vault/launch";
import { type LocalVault, mountSecrets, startLocalVault } from "../vault/test-vault";

let vault: LocalVault;

beforeAll(async () => {
  vault = await startLocalVault();
  await mountSecrets(vault);
});
afterAll(() => vault.stop());

const tokenWith = async (policy: string, ttl = "1h") => {
  await vault.call("POST", "sys/policies/acl/test", { policy });
  const { body } = await vault.call("POST", "auth/token/create", { policies: ["test"], ttl });
  return String(body.auth.client_token);
};

describe("secrets", () => {
  const write = (path: string, cas: number | undefined, data: unknown = { a: "1" }) =>
    vault.call("POST", `secret/data/${path}`, { data, options: cas === undefined ? {} : { cas } });

  test("check-and-set is required where the mount says so", async () => {
    expect(await write("cas", undefined)).toMatchObject({
      status: 400,
      body: { errors: [expect.stringMatching(/required/)] },
    });
    expect(await write("cas", 0)).toMatchObject({ status: 200, body: { data: { version: 1 } } });
    expect(await write("cas", 0)).toMatchObject({
      status: 400,
      body: { errors: [expect.stringMatching(/did not match/)] },
    });
    await vault.call("POST", "secret/config", { cas_required: false });
    expect(await write("cas", undefined)).toMatchObject({ status: 200, body: { data: { version: 2 } } });
    await vault.call("POST", "secret/config", { cas_required: true });
  });

  test("versions are deleted, undeleted, destroyed and forgotten", async () => {
    await write("life", 0, { n: "1" });
    await write("life", 1, { n: "2" });
    await vault.call("POST", "secret/delete/life", { versions: [2] });
    expect(await vault.call("GET", "secret/data/life")).toMatchObject({ status: 404, body: { data: { data: null } } });
    expect(await vault.call("GET", "secret/data/life?version=1")).toMatchObject({
      status: 200,
      body: { data: { data: { n: "1" } } },
    });
    await vault.call("POST", "secret/undelete/life", { versions: [2] });
    expect(await vault.call("GET", "secret/data/life")).toMatchObject({
      status: 200,
      body: { data: { data: { n: "2" } } },
    });
    await vault.call("POST", "secret/destroy/life", { versions: [2] });
    await vault.call("POST", "secret/undelete/life", { versions: [2] });
    expect(await vault.call("GET", "secret/data/life")).toMatchObject({
      status: 404,
      body: { data: { metadata: { destroyed: true } } },
    });
    await vault.call("DELETE", "secret/metadata/life");
    expect(await vault.call("GET", "secret/data/life")).toMatchObject({ status: 404, body: { errors: [] } });
  });

  test("old versions beyond the limit go", async () => {
    await vault.call("POST", "secret/metadata/few", { max_versions: 2 });
    for (const cas of [0, 1, 2]) await write("few", cas);
    const { body } = await vault.call("GET", "secret/metadata/few");
    expect(Object.keys(body.data.versions)).toEqual(["2", "3"]);
  });

  test("names are listed level by level", async () => {
    await write("list/a", 0);
    await write("list/b/c", 0);
    expect(await vault.call("GET", "secret/metadata/list?list=true")).toMatchObject({
      body: { data: { keys: ["a", "b/"] } },
    });
  });

  test("deletion by age is ignored, and that is said", async () => {
    const { body } = await vault.call("POST", "secret/config", { cas_required: true, delete_version_after: "3h" });
    expect(body.warnings).toEqual([expect.stringMatching(/delete_version_after is ignored/)]);
  });
});

/** Which rule decides, and for whom: test/vault/policies.test.ts. */
describe("policies", () => {
  test("creating, updating, deleting and listing are told apart", async () => {
    const token = await tokenWith('path "secret/data/new/*" { capabilities = ["create"] }');
    const write = (cas: number) => vault.call("POST", "secret/data/new/x", { data: {}, options: { cas } }, token);
    expect((await write(0)).status).toBe(200);
    expect((await write(1)).status).toBe(403);
    expect((await vault.call("DELETE", "secret/metadata/new/x", undefined, token)).status).toBe(403);
    expect((await vault.call("GET", "secret/metadata/new?list=true", undefined, token)).status).toBe(403);
    const lister = await tokenWith('path "secret/metadata/new/*" { capabilities = ["list"] }');
    expect((await vault.call("GET", "secret/metadata/new?list=true", undefined, lister)).status).toBe(200);
  });

  test("what the local Vault does not understand is refused, not half understood", async () => {
    const policy = 'path "secret/*" { capabilities = ["read"] min_wrapping_ttl = "1s" }';
    expect((await vault.call("POST", "sys/policies/acl/odd", { policy })).status).toBe(400);
  });
});

describe("tokens", () => {
  test("they say who they are, can be revoked, and end", async () => {
    const token = await tokenWith('path "auth/token/create" { capabilities = ["update"] }');
    const self = () => vault.call("GET", "auth/token/lookup-self", undefined, token);
    expect(await self()).toMatchObject({ status: 200, body: { data: { policies: ["test"] } } });
    const more = await vault.call("POST", "auth/token/create", { policies: ["root"] }, token);
    expect(more.status).toBe(400);
    await vault.call("POST", "auth/token/revoke-self", {}, token);
    expect((await self()).status).toBe(403);
    const ended = await tokenWith("", "0s").catch(() => "");
    expect((await vault.call("GET", "auth/token/lookup-self", undefined, ended || "none")).status).toBe(403);
  });
});

describe("the kubernetes method", () => {
  test("configuration and roles are kept", async () => {
    expect((await vault.call("POST", "sys/auth/k8s", { type: "kubernetes" })).status).toBe(204);
    await vault.call("POST", "auth/k8s/config", { kubernetes_host: "https://k" });
    await vault.call("POST", "auth/k8s/role/tenant", { audience: "vault" });
    expect(await vault.call("GET", "auth/k8s/role/tenant")).toMatchObject({ body: { data: { audience: "vault" } } });
    expect(await vault.call("GET", "sys/auth")).toMatchObject({ body: { data: { "k8s/": { type: "kubernetes" } } } });
    expect((await vault.call("POST", "sys/auth/k8s", { type: "kubernetes" })).status).toBe(400);
    expect((await vault.call("DELETE", "sys/auth/k8s")).status).toBe(204);
    expect((await vault.call("GET", "sys/auth/k8s")).status).toBe(400);
  });
});

describe("what it does not serve", () => {
  test.each([
    ["GET", "sys/leases/lookup"],
    ["POST", "transit/encrypt/x"],
    ["GET", "auth/userpass/users"],
  ] as const)("%s %s", async (method, path) => {
    const { status, body } = await vault.call(method, path);
    expect({ status, body }).toMatchObject({
      status: 404,
      body: { errors: [expect.stringMatching(/no handler.*does not serve/)] },
    });
  });

  test("other engines are refused", async () => {
    expect((await vault.call("POST", "sys/mounts/pki", { type: "pki" })).status).toBe(400);
    expect(
      (await vault.call("POST", "sys/mounts/secret/below", { type: "kv", options: { version: "2" } })).status,
    ).toBe(400);
  });
});

describe("its process", () => {
  test("restarted after kill -9 it has everything, on the same port", async () => {
    await vault.call("POST", "secret/data/kept", { data: { a: "1" }, options: { cas: 0 } });
    const { pid } = JSON.parse(readFileSync(join(vault.home, "vault/vault.json"), "utf8"));
    process.kill(pid, "SIGKILL");
    const again = await startVault(vault.home);
    expect(again).toEqual({ address: vault.address, token: vault.token });
    expect(await vault.call("GET", "secret/data/kept")).toMatchObject({ body: { data: { data: { a: "1" } } } });
  });

  test("a start while it runs changes nothing", async () => {
    const before = readFileSync(join(vault.home, "vault/vault.json"), "utf8");
    await startVault(vault.home);
    expect(readFileSync(join(vault.home, "vault/vault.json"), "utf8")).toBe(before);
  });

  test("a process id that is somebody else's by now is not taken for it, nor killed", async () => {
    await stopVault(vault.home);
    const file = join(vault.home, "vault/vault.json");
    const record = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...record, pid: process.pid }));
    await stopVault(vault.home);
    expect((await startVault(vault.home)).address).toBe(vault.address);
  });

  test("its port taken, it takes another", async () => {
    const port = Number(new URL(vault.address).port);
    await stopVault(vault.home);
    const thief = createServer();
    await new Promise<void>((resolve) => thief.listen(port, "127.0.0.1", resolve));
    const moved = await startVault(vault.home);
    expect(moved.address).not.toBe(vault.address);
    expect(findVault(vault.home)).toEqual(moved);
    await new Promise((resolve) => thief.close(resolve));
  });

  test("files are for this user alone, and no token stands in arguments", () => {
    const dir = join(vault.home, "vault");
    const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).map((name) => statSync(join(dir, name)));
    expect(files.filter((file) => file.isFile() && (file.mode & 0o077) !== 0)).toEqual([]);
    const { pid } = JSON.parse(readFileSync(join(dir, "vault.json"), "utf8"));
    const shown = readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8");
    expect(shown).not.toContain(vault.token);
  });
});
