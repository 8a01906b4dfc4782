import { FACTORIES } from "../../local/providers";
import { VaultKv } from "../../vault/kv";
import { CA_CERTIFICATE } from "../vault/certificate";
import { startTestVault, type TestVault } from "../vault/test-vault";
import { makeTestHome, TestResource } from "./stand";

/** Of everything that these tests make, for they may run on a server that has other things too. */
const NAME = "tenantry-providers";

const home = makeTestHome();
const before = process.env.VAULT_TOKEN;
let vault: TestVault;
let address: string;

beforeAll(async () => {
  vault = await startTestVault();
  address = vault.address;
  process.env.VAULT_TOKEN = vault.token;
});
afterAll(async () => {
  if (before === undefined) delete process.env.VAULT_TOKEN;
  else process.env.VAULT_TOKEN = before;
  await vault.stop();
  await home.remove();
});

function resource(type: string, config = { address }): TestResource {
  const factory = FACTORIES.vault;
  if (!factory) throw new Error("no factory vault");
  return new TestResource(factory(home, config), `vault:${type}`, "x");
}

test("a mount with its settings keeps secrets, and goes with them", async () => {
  const mount = resource("index/mount:Mount");
  const inputs = { path: NAME, type: "kv", options: { version: "2" }, description: "tenants" };
  const { accessor } = await mount.create(inputs);
  expect(accessor).toMatch(/^kv_/);
  expect(await mount.create(inputs)).toMatchObject({ accessor });
  const settings = resource("kv/secretBackendV2:SecretBackendV2");
  await settings.create({ mount: NAME, casRequired: true, maxVersions: 10 });
  const kv = new VaultKv({ address, mount: NAME, token: vault.token });
  await kv.write("tenants/acme/db", { password: "x" }, 0);
  await vault.call("POST", `${NAME}/config`, { cas_required: false, max_versions: 10 });
  expect(await settings.read()).toMatchObject({ casRequired: false, maxVersions: 10 });
  await settings.update();
  expect(await settings.read()).toMatchObject({ casRequired: true });
  expect(await mount.diff({ ...inputs, options: { version: "1" } })).toMatchObject({ replaces: ["options"] });
  await settings.delete();
  await mount.delete();
  await mount.delete();
  expect(await mount.read()).toBeUndefined();
  await mount.create(inputs);
  expect(await kv.read("tenants/acme/db")).toBeUndefined();
});

test("a policy: made, drifted, repaired, removed", async () => {
  const policy = resource("index/policy:Policy");
  const text = 'path "secret/data/*" { capabilities = ["read"] }';
  await policy.create({ name: NAME, policy: text });
  await vault.call("POST", `sys/policies/acl/${NAME}`, { policy: 'path "*" { capabilities = ["sudo"] }' });
  expect(await policy.read()).toMatchObject({ policy: expect.stringMatching(/sudo/) });
  await policy.update();
  expect(await policy.read()).toMatchObject({ policy: text });
  await policy.delete();
  expect(await policy.read()).toBeUndefined();
  await expect(policy.create({ name: NAME, policy: "nonsense" })).rejects.toThrow(/status 400.*parse policy.*TN-406/);
});

test("the kubernetes method with its configuration and a role", async () => {
  const method = resource("index/authBackend:AuthBackend");
  expect(await method.create({ type: "kubernetes", path: NAME })).toMatchObject({
    path: NAME,
    accessor: expect.stringMatching(/^auth_/),
  });
  const config = resource("kubernetes/authBackendConfig:AuthBackendConfig");
  const inputs = { backend: NAME, kubernetesHost: "https://k.example.com", disableLocalCaJwt: true };
  await expect(config.create(inputs)).rejects.toThrow(/kubernetes_ca_cert must be given/);
  await config.create({ ...inputs, kubernetesCaCert: CA_CERTIFICATE });
  expect(config.id).toBe(`auth/${NAME}/config`);
  const role = resource("kubernetes/authBackendRole:AuthBackendRole");
  const bound = {
    boundServiceAccountNames: ["app"],
    boundServiceAccountNamespaces: ["*"],
    audience: "vault",
    tokenTtl: 600,
  };
  await role.create({ backend: NAME, roleName: "tenant", ...bound });
  await vault.call("POST", `auth/${NAME}/role/tenant`, { audience: "anybody" });
  expect(await role.read()).toMatchObject({ audience: "anybody" });
  await role.update();
  expect(await role.read()).toMatchObject(bound);
  await role.delete();
  expect(await role.read()).toBeUndefined();
  await method.delete();
  expect(await method.read()).toBeUndefined();
});

test("nothing connects at preview, and without a token what to set is said when it does", async () => {
  process.env.VAULT_TOKEN = "";
  const policy = resource("index/policy:Policy");
  expect(await policy.failures({ name: "p" })).toEqual({ policy: "is required" });
  expect(await policy.diff({ name: "p", policy: "" })).toMatchObject({ changes: true });
  await expect(policy.create({ name: "p", policy: "" })).rejects.toThrow(/VAULT_TOKEN.*TN-401/);
  process.env.VAULT_TOKEN = vault.token;
});
