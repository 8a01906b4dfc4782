/** Attacks that are carried out: pods log in to the running Vault and ask. They read and list, and change nothing. */
import { z } from "zod";
import { cellSecretPath, tenantSecretPath } from "../../registry/names";
import { VaultHttp } from "../../vault/http";
import type { Attempt, Probe, ProbeText } from "../probe";
import { sampleAttackers, sampleVictims } from "../sample";
import { CELL_SECRETS, type VaultEstate, type VaultTenant } from "./estate";
import { matches, nameOf, type Pod, podsIn } from "./pods";

export interface LiveVault {
  readonly estate: VaultEstate;
  /** `https://vault.example.com:8200`. */
  readonly address: string;
  /** Vault Enterprise and HCP alone. */
  readonly namespace?: string;
  /** The token of a service account for an audience; undefined: nobody here can make one. */
  readonly podToken: (account: PodAccount) => string | undefined;
}

interface PodAccount {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string | undefined;
}

const LIVE: ProbeText = {
  name: "vault-live-logins",
  layer: "vault",
  attack:
    "A tenant's pod logs in to the running Vault and reads another tenant's secret, a cell's, a policy; or logs in by a role, an account or an audience that is not its own.",
  guard: "The running Vault answers 403, and 200 for the pod's own secret.",
};

const UNTRIED = "no token of a pod can be made here, so nobody could log in";

export const liveLogins: Probe<LiveVault> = {
  ...LIVE,
  run: async (vault) => {
    const { estate } = vault;
    const attempts: Attempt[] = [];
    for (const tenant of sampleAttackers(estate.tenants)) {
      for (const pod of podsIn(estate, tenant.slug)) attempts.push(...(await attackAs(pod, tenant, vault)));
      attempts.push(...(await attackLogins(tenant, vault)));
    }
    return attempts;
  },
};

/** @throws VaultError TN-402 */
async function attackAs(pod: Pod, tenant: VaultTenant, vault: LiveVault): Promise<readonly Attempt[]> {
  const jwt = vault.podToken({ ...pod, audience: pod.role.audience });
  if (jwt === undefined) return [attempt(pod, loginPath(pod), loginCommand(pod, "its token"), "untried", UNTRIED)];
  const { status, token } = await login(pod, jwt, vault);
  if (token === undefined)
    return [
      attempt(pod, loginPath(pod), loginCommand(pod, "its token"), "untried", `its own login fails with ${status}`),
    ];
  const http = new VaultHttp({ ...vault, token });
  try {
    const own = await http.send("GET", `${vault.estate.mount}/data/${tenantSecretPath(tenant.slug)}`);
    const attempts: Attempt[] = [];
    for (const { path, query } of pathsAgainst(tenant, vault.estate)) {
      const { status: got } = await http.send("GET", `${path}${query}`);
      const statement = `vault ${query === "" ? "read" : "list"} '${path}'`;
      attempts.push(attempt(pod, path, statement, got === 403 ? "refused" : "through", `status ${got}`));
    }
    // 404: it may, and there is none; pooled tenants have no secret of their own.
    if (own.status === 200 || own.status === 404) return attempts;
    const why = `it does not read its own secret either: status ${own.status}`;
    return [...attempts, attempt(pod, tenantSecretPath(tenant.slug), "vault kv get", "untried", why)];
  } finally {
    await http.send("POST", "auth/token/revoke-self");
  }
}

function pathsAgainst(tenant: VaultTenant, { mount, tenants, cells, roles }: VaultEstate) {
  const read = [
    ...sampleVictims(tenants, tenant).flatMap(({ slug }) => [
      `${mount}/data/${tenantSecretPath(slug)}`,
      `${mount}/data/tenants/${slug}%2Fdb`,
      `${mount}/metadata/${tenantSecretPath(slug)}`,
    ]),
    ...cells.flatMap((cell) => CELL_SECRETS.map((kind) => `${mount}/data/${cellSecretPath(cell, kind)}`)),
    ...new Set(roles.flatMap(({ policies }) => policies.map((name) => `sys/policies/acl/${encodeURIComponent(name)}`))),
    ...roles.map(({ method, name }) => `auth/${method}/role/${encodeURIComponent(name)}`),
    `${mount}/config`,
    "sys/auth",
  ];
  const listed = [`${mount}/metadata/tenants`, `${mount}/metadata/cells`, `${mount}/metadata`, "sys/policies/acl"];
  return [...read.map((path) => ({ path, query: "" })), ...listed.map((path) => ({ path, query: "?list=true" }))];
}

/** Roles of others on the same server are others' business, as long as their policies do not name the secrets of the estate. */
const rolesOnMount = ({ roles, policies, mount }: VaultEstate) =>
  roles.filter((role) => role.policies.some((name) => policies.get(name)?.includes(`"${mount}/`)));

/** Logins that no pod of the tenant may make: by roles for others, as accounts and for audiences that a role does not admit. */
async function attackLogins({ slug }: VaultTenant, vault: LiveVault): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (const role of rolesOnMount(vault.estate)) {
    const admitted = role.namespaces.some((pattern) => matches(pattern, slug));
    const known = role.serviceAccounts.some((pattern) => matches(pattern, STRANGER));
    const { audience } = role;
    const wrong = [
      ...(admitted
        ? []
        : role.serviceAccounts.map((name) => ({ serviceAccount: name.replaceAll("*", STRANGER), audience }))),
      ...(known ? [] : [{ serviceAccount: STRANGER, audience }]),
      ...(admitted
        ? role.serviceAccounts.map((name) => ({ serviceAccount: name.replaceAll("*", STRANGER), audience: ELSEWHERE }))
        : []),
    ];
    for (const each of wrong) {
      const pod = { namespace: slug, serviceAccount: each.serviceAccount, role };
      const jwt = vault.podToken({ namespace: slug, ...each });
      const command = loginCommand(pod, `a token for ${each.audience ?? "any audience"}`);
      if (jwt === undefined) {
        attempts.push(attempt(pod, loginPath(pod), command, "untried", UNTRIED));
        continue;
      }
      const { status, token } = await login(pod, jwt, vault);
      const outcome = token !== undefined ? "through" : REFUSALS.includes(status) ? "refused" : "untried";
      attempts.push(attempt(pod, loginPath(pod), command, outcome, `status ${status}`));
      if (token !== undefined) await new VaultHttp({ ...vault, token }).send("POST", "auth/token/revoke-self");
    }
  }
  return attempts;
}

/** Any other status says that the server, or its cluster, is in trouble. */
const REFUSALS: readonly number[] = [400, 401, 403];
const STRANGER = "prove-nobody";
/** Tokens that a pod sends to another service are no good here, or that service could log in as the pod. */
const ELSEWHERE = "prove-elsewhere";
const loginPath = ({ role }: Pod) => `auth/${role.method}/login`;
const loginCommand = (pod: Pod, jwt: string) => `vault write ${loginPath(pod)} role=${pod.role.name} jwt=<${jwt}>`;
const loggedIn = z.object({ auth: z.object({ client_token: z.string() }) });

async function login(pod: Pod, jwt: string, vault: LiveVault): Promise<{ status: number; token: string | undefined }> {
  // A login needs no token, and is not looked at for one.
  const http = new VaultHttp({ ...vault, token: "none" });
  const { status, body } = await http.send("POST", loginPath(pod), { role: pod.role.name, jwt });
  return { status, token: loggedIn.safeParse(body).data?.auth.client_token };
}

const attempt = (
  pod: Pod,
  target: string,
  statement: string,
  outcome: Attempt["outcome"],
  answer: string,
): Attempt => ({ probe: LIVE.name, where: LIVE.layer, who: nameOf(pod), target, statement, outcome, answer });
