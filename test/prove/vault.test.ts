/** The attacks on secrets: evaluated over policies, and carried out on a running Vault. Each finds a way in once a guard is gone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { applicationPolicy, tenantPolicy } from "../../components/vault-policies";
import { signPodToken } from "../../local/vault/pod-tokens";
import type { Attempt, Outcome } from "../../prove/probe";
import type { VaultEstate } from "../../prove/vault/estate";
import { liveLogins } from "../../prove/vault/live";
import { VAULT_PROBES } from "../../prove/vault/probes";
import { readVault } from "../../prove/vault/read-vault";
import { VaultHttp } from "../../vault/http";
import { VaultKv } from "../../vault/kv";
import { startTestCluster, type TestCluster } from "../vault/cluster";
import { type LocalVault, mountSecrets, startLocalVault } from "../vault/test-vault";
import { ESTATE, LIVE_CONTROLS, VAULT_CONTROLS } from "./controls-vault";

const EVALUATED = VAULT_CONTROLS.map((control) => [control.probe, control.removes, control] as const);

async function run(name: string, estate: VaultEstate): Promise<readonly Attempt[]> {
  const probe = VAULT_PROBES.find((each) => each.name === name);
  if (probe === undefined) throw new Error(`there is no probe ${name}`);
  return probe.run(estate);
}

const of = (attempts: readonly Attempt[], outcome: Outcome) => attempts.filter((each) => each.outcome === outcome);

test.each(VAULT_PROBES.map(({ name }) => name))("%s is refused, whatever it tries", async (name) => {
  const attempts = await run(name, ESTATE);
  expect(attempts.length).toBeGreaterThan(0);
  expect(attempts.filter(({ outcome }) => outcome !== "refused")).toEqual([]);
});

test.each(EVALUATED)("%s gets through once %s", async (name, _removes, { spoil }) => {
  const leaks = of(await run(name, spoil(ESTATE)), "through");
  expect(leaks.length).toBeGreaterThan(0);
  for (const { statement, answer } of leaks)
    expect([statement, answer]).toEqual([expect.stringMatching(/^vault \w+ '/), expect.stringMatching(/^allowed by /)]);
});

test("every probe has a control", () => {
  const without = VAULT_PROBES.filter(({ name }) => !VAULT_CONTROLS.some(({ probe }) => probe === name));
  expect(without.map(({ name }) => name)).toEqual([]);
});

test("a leak says who, what to type, and which policy let it happen", async () => {
  const control = VAULT_CONTROLS.find(({ removes }) => removes.includes("for operators"));
  expect(of(await run("vault-secrets-of-others", control?.spoil(ESTATE) ?? ESTATE), "through")).toContainEqual({
    probe: "vault-secrets-of-others",
    where: "vault",
    who: "a pod of birch (service account default, role tenantry-tenants of tenantry)",
    target: "secret/data/tenants/cedar/db",
    statement: "vault read 'secret/data/tenants/cedar/db' # read",
    outcome: "through",
    answer: "allowed by operator",
  });
});

test("a template that nobody fills lets nobody in, its own tenant neither, and that is said", async () => {
  const policies = new Map([...ESTATE.policies, ["tenantry-tenants", tenantPolicy("secret", "auth_of_another")]]);
  const untried = of(await run("vault-secrets-of-others", { ...ESTATE, policies }), "untried");
  expect(untried).toHaveLength(ESTATE.tenants.length);
  expect(untried[0]?.answer).toBe("it does not read its own secret either");
});

describe("a running Vault", () => {
  let vault: LocalVault;
  let cluster: TestCluster;
  let accessor: string;
  const directory = ["birch", "cedar", "dover"].map((slug) => ({ slug, cell: slug === "cedar" ? "eu-1" : "us-1" }));

  beforeAll(async () => {
    [vault, cluster] = await Promise.all([startLocalVault(), startTestCluster()]);
    await mountSecrets(vault);
    await vault.call("POST", "sys/auth/tenantry", { type: "kubernetes" });
    accessor = (await vault.call("GET", "sys/auth")).body.data["tenantry/"].accessor;
    await vault.call("POST", "auth/tenantry/config", { kubernetes_host: cluster.address });
    await allow("tenantry-tenants", tenantPolicy("secret", accessor));
    await allow("tenantry-application", applicationPolicy("secret"));
    await makeRole("tenantry-tenants", ["*"], ["default"]);
    await makeRole("tenantry-application", ["shop"], ["api"]);
    const kv = new VaultKv({ ...vault, mount: "secret" });
    await kv.write("tenants/birch/db", { password: "b" }, 0);
    await kv.write("tenants/cedar/db", { password: "c" }, 0);
    await kv.write("cells/eu-1/app", { password: "a" }, 0);
  });
  afterAll(() => Promise.all([vault.stop(), cluster.stop()]));

  const allow = (name: string, policy: string) => vault.call("POST", `sys/policies/acl/${name}`, { policy });
  const makeRole = (name: string, namespaces: readonly string[], accounts: readonly string[], audience = "vault") =>
    vault.call("POST", `auth/tenantry/role/${name}`, {
      bound_service_account_names: accounts,
      bound_service_account_namespaces: namespaces,
      ...(audience !== "" && { audience }),
      token_policies: [name],
      token_ttl: 600,
    });
  const read = (token = vault.token) =>
    readVault(new VaultHttp({ ...vault, token }), { mount: "secret", directory, admitsPods: true });
  const proveLive = async () =>
    liveLogins.run({
      estate: await read(),
      address: vault.address,
      podToken: ({ namespace, serviceAccount, audience = "any" }) =>
        signPodToken(vault.token, { namespace, name: serviceAccount }, audience),
    });

  const tokens = () => Object.keys(JSON.parse(readFileSync(join(vault.home, "vault", "system.json"), "utf8")).tokens);

  test("is read as it is: policies, roles, tenants", async () => {
    const estate = await read();
    expect([...estate.policies.keys()]).toEqual(["tenantry-application", "tenantry-tenants"]);
    expect(
      estate.roles.map(({ name, namespaces, serviceAccounts, audience }) => [
        name,
        namespaces,
        serviceAccounts,
        audience,
      ]),
    ).toEqual([
      ["tenantry-application", ["shop"], ["api"], "vault"],
      ["tenantry-tenants", ["*"], ["default"], "vault"],
    ]);
    expect([estate.tenants.map(({ slug }) => slug), estate.cells, estate.gaps]).toEqual([
      ["birch", "cedar", "dover"],
      ["eu-1", "us-1"],
      [],
    ]);
    for (const probe of VAULT_PROBES)
      expect(of(await probe.run(estate), "refused").length).toBe((await probe.run(estate)).length);
  });

  test("says what a token may not look at", async () => {
    await allow("poor", 'path "secret/data/*" { capabilities = ["read"] }');
    const { body } = await vault.call("POST", "auth/token/create", { policies: ["poor"], ttl: "1h" });
    const { gaps } = await read(String(body.auth.client_token));
    expect(gaps).toEqual(
      ["sys/policies/acl?list=true", "sys/auth"].map((target) => ({
        target,
        why: "the token of this run does not read it (status 403)",
      })),
    );
    await vault.call("DELETE", "sys/policies/acl/poor");
  });

  test("is read by a token with the policy that docs/isolation.md asks for", async () => {
    const page = readFileSync(join(__dirname, "../../docs/isolation.md"), "utf8");
    await allow("prover", /```hcl\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
    const { body } = await vault.call("POST", "auth/token/create", { policies: ["prover"], ttl: "1h" });
    const { gaps, roles, policies } = await read(String(body.auth.client_token));
    await vault.call("DELETE", "sys/policies/acl/prover");
    expect([gaps, roles.length, policies.size]).toEqual([[], 2, 3]);
  });

  test("refuses what pods try, gives each its own, and keeps no token of theirs", async () => {
    const before = tokens();
    const attempts = await proveLive();
    expect(tokens()).toEqual(before);
    expect(attempts.filter(({ outcome }) => outcome !== "refused")).toEqual([]);
    const who = (text: string) =>
      attempts.filter((each) => each.who.includes(text) && each.target.includes("login")).length;
    expect([who("role tenantry-application") > 0, who("account prove-nobody") > 0]).toEqual([true, true]);
    expect(attempts.some(({ target }) => target === "secret/data/tenants/cedar/db")).toBe(true);
  });

  test.each(LIVE_CONTROLS.map((control) => [control.removes, control] as const))(
    "control: the pods get through once %s",
    async (_removes, { spoil, opens }) => {
      await spoil({ accessor, allow, makeRole });
      const leaks = of(await proveLive(), "through");
      await allow("tenantry-tenants", tenantPolicy("secret", accessor));
      await makeRole("tenantry-application", ["shop"], ["api"]);
      await makeRole("tenantry-tenants", ["*"], ["default"]);
      expect(leaks.map(({ target }) => target)).toContain(opens);
      expect(JSON.stringify(leaks)).not.toMatch(/hvs\.|eyJ/);
    },
  );

  test("control: with a policy that is another's, pods do not see their own, and that is said", async () => {
    await allow("tenantry-tenants", 'path "secret/data/none" { capabilities = ["read"] }');
    const attempts = await proveLive();
    await allow("tenantry-tenants", tenantPolicy("secret", accessor));
    expect(of(attempts, "untried").map(({ answer }) => answer)).toEqual(
      directory.map(() => "it does not read its own secret either: status 403"),
    );
  });

  test("without a way to make tokens nothing was tried, and that is what is said", async () => {
    const attempts = await liveLogins.run({ estate: await read(), address: vault.address, podToken: () => undefined });
    expect(attempts.length).toBeGreaterThan(0);
    expect(new Set(attempts.map(({ outcome }) => outcome))).toEqual(new Set(["untried"]));
  });

  test("takes its own signature for the cluster's word, and nobody else's", async () => {
    const login = (jwt: string) => vault.call("POST", "auth/tenantry/login", { role: "tenantry-tenants", jwt });
    const pod = { namespace: "birch", name: "default" };
    expect((await login(signPodToken(vault.token, pod, "vault"))).status).toBe(200);
    const [header, , signature] = signPodToken(vault.token, pod, "vault").split(".");
    const [, claims] = signPodToken(vault.token, { ...pod, namespace: "cedar" }, "vault").split(".");
    for (const forged of [signPodToken("another root token", pod, "vault"), `${header}.${claims}.${signature}`])
      expect((await login(forged)).status).toBe(403);
  });
});
