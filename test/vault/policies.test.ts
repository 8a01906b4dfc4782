/** Who may read what in Vault: the same on the local Vault and on a real one (`test-vault.ts`). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { applicationPolicy, tenantPolicy } from "../../components/vault-policies";
import { VaultKv } from "../../vault/kv";
import { CA_CERTIFICATE } from "./certificate";
import { startTestCluster, type TestCluster } from "./cluster";
import { startTestVault, type TestMount } from "./test-vault";

let vault: TestMount;
let cluster: TestCluster;
/** Names of ours in a Vault that may have others. */
let names: string[] = [];

beforeAll(async () => {
  [vault, cluster] = await Promise.all([startTestVault(), startTestCluster()]);
  const kv = new VaultKv(vault);
  const paths = [
    "tenants/birch/db",
    "tenants/dover/db",
    "tenants/birch/other",
    "cells/eu-1/app",
    "cells/eu-1/context",
    "cells/eu-1/migrator",
  ];
  await Promise.all(paths.map((path) => kv.write(path, { a: path }, 0)));
});
afterAll(async () => {
  await Promise.all(names.map((name) => vault.call("DELETE", `sys/policies/acl/${name}`)));
  await cluster.stop();
  await vault.stop();
});

/** Status of each call, in their order. */
const readAll = (token: string, paths: readonly string[]) =>
  Promise.all(paths.map(async (path) => (await vault.call("GET", `${vault.mount}/${path}`, undefined, token)).status));

async function policyOf(text: string): Promise<string> {
  const name = `tenantry-test-${vault.mount}-${names.length}`;
  names = [...names, name];
  await vault.call("POST", `sys/policies/acl/${name}`, { policy: text.replaceAll(/\bsecret\b/g, vault.mount) });
  return name;
}

async function tokenWith(...texts: readonly string[]): Promise<string> {
  const policies = await texts.reduce<Promise<string[]>>(
    async (all, text) => [...(await all), await policyOf(text)],
    Promise.resolve([]),
  );
  const { body } = await vault.call("POST", "auth/token/create", { policies, ttl: "1h" });
  return String(body.auth.client_token);
}

const rule = (path: string, ...capabilities: string[]) =>
  `path "secret/data/${path}" { capabilities = ${JSON.stringify(capabilities)} }`;

describe("the most specific rule decides", () => {
  const paths = ["data/tenants/birch/db", "data/tenants/dover/db", "data/tenants/birch/other"];
  test.each([
    ["exact", [rule("tenants/birch/db", "read")], [200, 403, 403]],
    ["a star at the end is a prefix", [rule("tenants/bir*", "read")], [200, 403, 200]],
    ["a star elsewhere is a letter", [rule("tenants/*/db", "read")], [403, 403, 403]],
    ["a plus is one segment", [rule("tenants/+/db", "read")], [200, 200, 403]],
    ["a plus is a whole segment", [rule("tenants/bir+/db", "read")], [403, 403, 403]],
    ["a plus is not several", [rule("+/db", "read")], [403, 403, 403]],
    ["a plus with a star", [rule("+/birch/*", "read")], [200, 403, 200]],
    ["a longer prefix", [rule("tenants/*", "read"), rule("tenants/birch/*", "deny")], [403, 200, 403]],
    ["the other way round", [rule("tenants/birch/*", "read"), rule("tenants/*", "deny")], [200, 403, 200]],
    ["exact before plus", [rule("tenants/+/db", "deny"), rule("tenants/birch/db", "read")], [200, 403, 403]],
    ["a later plus", [rule("+/birch/db", "deny"), rule("tenants/+/db", "read")], [200, 200, 403]],
    ["plus before a shorter star", [rule("tenants/*", "deny"), rule("tenants/+/db", "read")], [200, 200, 403]],
    ["no star before a star", [rule("tenants/+/*", "deny"), rule("tenants/+/db", "read")], [200, 200, 403]],
    ["fewer pluses", [rule("tenants/+/+", "deny"), rule("tenants/+/db", "read")], [200, 200, 403]],
    ["deny beside read", [rule("tenants/birch/db", "read", "deny")], [403, 403, 403]],
    ["another capability", [rule("tenants/birch/db", "update", "list")], [403, 403, 403]],
    [
      "a template of nobody's",
      [rule("tenants/{{identity.entity.aliases.none.metadata.x}}/db", "read")],
      [403, 403, 403],
    ],
  ])("%s", async (_what, rules, expected) => {
    expect(await readAll(await tokenWith(rules.join("\n")), paths)).toEqual(expected);
    // The same from two policies: what they say of one path adds up, and `deny` wins.
    expect(await readAll(await tokenWith(...rules), paths)).toEqual(expected);
  });

  test("policies add up", async () => {
    const both = await tokenWith(rule("tenants/birch/db", "read"), rule("tenants/birch/db", "deny"));
    expect(await readAll(both, paths)).toEqual([403, 403, 403]);
  });
});

describe("pods", () => {
  let method: string;
  const paths = ["data/tenants/birch/db", "data/tenants/dover/db", "data/cells/eu-1/app", "data/cells/eu-1/migrator"];

  beforeAll(async () => {
    method = `k8s-${vault.mount}`;
    await vault.call("POST", `sys/auth/${method}`, { type: "kubernetes" });
    const { body } = await vault.call("GET", "sys/auth");
    const { accessor } = (body.data ?? body)[`${method}/`];
    await vault.call("POST", `auth/${method}/config`, {
      kubernetes_host: cluster.address,
      kubernetes_ca_cert: CA_CERTIFICATE,
      disable_local_ca_jwt: true,
    });
    await role("tenants", tenantPolicy("secret", accessor), ["*"], ["default"]);
    await role("application", applicationPolicy("secret"), ["shop"], ["api"]);
  });
  afterAll(() => vault.call("DELETE", `sys/auth/${method}`));

  async function role(name: string, policy: string, namespaces: readonly string[], accounts: readonly string[]) {
    const { status } = await vault.call("POST", `auth/${method}/role/${name}`, {
      bound_service_account_names: accounts,
      bound_service_account_namespaces: namespaces,
      audience: "vault",
      alias_name_source: "serviceaccount_uid",
      token_policies: [await policyOf(policy)],
      token_ttl: 3600,
    });
    expect(status).toBeLessThan(300);
  }

  const login = (jwt: string, name: string) => vault.call("POST", `auth/${method}/login`, { role: name, jwt });
  const tokenOf = async (namespace: string, account: string, name: string) => {
    const { status, body } = await login(cluster.token(namespace, account), name);
    expect({ status, body }).toMatchObject({ status: 200 });
    return String(body.auth.client_token);
  };

  test("read the secret of the tenant whose namespace they are in, and nobody else's", async () => {
    expect(await readAll(await tokenOf("birch", "default", "tenants"), paths)).toEqual([200, 403, 403, 403]);
    expect(await readAll(await tokenOf("dover", "default", "tenants"), paths)).toEqual([403, 200, 403, 403]);
  });

  test("read nothing in a namespace that is no tenant's", async () => {
    const token = await tokenOf("kube-system", "default", "tenants");
    expect(await readAll(token, paths)).toEqual([403, 403, 403, 403]);
    expect(await readAll(token, ["data/tenants/kube-system/db", "metadata/tenants?list=true"])).toEqual([404, 403]);
  });

  test("cannot write what they read, nor look at its history", async () => {
    const token = await tokenOf("birch", "default", "tenants");
    const own = `${vault.mount}/data/tenants/birch/db`;
    expect((await vault.call("POST", own, { data: {}, options: { cas: 1 } }, token)).status).toBe(403);
    expect((await vault.call("DELETE", own, undefined, token)).status).toBe(403);
    expect(await readAll(token, ["metadata/tenants/birch/db"])).toEqual([403]);
  });

  test("of the application read what serves the pooled tenants, and no tenant's own secret", async () => {
    expect(await readAll(await tokenOf("shop", "api", "application"), paths)).toEqual([403, 403, 200, 403]);
  });

  test.each([
    ["another service account", () => cluster.token("birch", "other"), "tenants"],
    ["a tenant for the application", () => cluster.token("birch", "api"), "application"],
    ["another audience", () => cluster.token("birch", "default", "elsewhere"), "tenants"],
    ["a token that the cluster does not know", () => `${cluster.token("birch", "default")}x`, "tenants"],
    ["a role that there is not", () => cluster.token("birch", "default"), "nothing"],
  ])("do not get in as %s", async (_what, jwt, name) => {
    expect((await login(jwt(), name)).status).toBeGreaterThanOrEqual(400);
  });
});

describe("the policies of docs/secrets.md", () => {
  const page = readFileSync(join(__dirname, "../../docs/secrets.md"), "utf8");
  const [deployer = "", operator = ""] = [...page.matchAll(/```hcl\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");

  test("let a run write and remove secrets, and nothing that is not Tenantry's", async () => {
    const token = await tokenWith(deployer.split("# deployer: the owning stack")[0] ?? "");
    const kv = new VaultKv({ ...vault, token });
    expect(await kv.write("tenants/elm/db", { a: "1" }, 0)).toBe(1);
    expect(await kv.write("tenants/elm/db", { a: "2" }, 1)).toBe(2);
    await kv.remove("tenants/elm/db");
    expect(await kv.read("tenants/elm/db")).toBeUndefined();
    await expect(kv.write("others/x", { a: "1" }, 0)).rejects.toThrow("TN-404");
    expect((await vault.call("POST", `${vault.mount}/config`, { cas_required: false }, token)).status).toBe(403);
  });

  test("let the owning stack make what exists once", async () => {
    const path = `tenantry-${vault.mount.replace("secret-", "")}`;
    names = [...names, path];
    const token = await tokenWith(deployer.replaceAll("tenantry", path));
    const call = async (method: "POST" | "GET" | "DELETE", at: string, body?: unknown) =>
      (await vault.call(method, at, body, token)).status;
    expect([
      await call("POST", `${vault.mount}/config`, { cas_required: true, max_versions: 10 }),
      await call("GET", `sys/mounts/${vault.mount}`),
      await call("POST", `sys/policies/acl/${path}-tenants`, { policy: rule("x", "read") }),
      await call("POST", `sys/auth/${path}`, { type: "kubernetes" }),
      await call("POST", `auth/${path}/config`, { kubernetes_host: "https://k", kubernetes_ca_cert: CA_CERTIFICATE }),
      await call("DELETE", `sys/auth/${path}`),
      await call("DELETE", `sys/policies/acl/${path}-tenants`),
    ]).toEqual([204, 200, 204, 204, 204, 204, 204]);
    expect(await call("POST", "sys/policies/acl/other", { policy: rule("x", "read") })).toBe(403);
  });

  test("let operators read credentials, and change none", async () => {
    const token = await tokenWith(operator);
    expect(await readAll(token, ["data/tenants/birch/db", "data/cells/eu-1/app", "data/cells/eu-1/migrator"])).toEqual([
      200, 200, 403,
    ]);
    expect(await readAll(token, ["metadata/tenants?list=true", "metadata/tenants/birch/db"])).toEqual([200, 403]);
    await expect(new VaultKv({ ...vault, token }).remove("tenants/birch/db")).rejects.toThrow("TN-404");
  });
});

test("what is removed is removed with all its versions", async () => {
  const kv = new VaultKv(vault);
  await kv.write("erased", { password: "one" }, 0);
  await kv.write("erased", { password: "two" }, 1);
  await vault.call("DELETE", `${vault.mount}/data/erased`);
  expect(await readAll(vault.token, ["data/erased?version=1"])).toEqual([200]);
  await kv.remove("erased");
  expect(await readAll(vault.token, ["data/erased?version=1", "data/erased", "metadata/erased"])).toEqual([
    404, 404, 404,
  ]);
});
