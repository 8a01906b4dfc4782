/**
 * `auth/<path>/login`: a pod presents the token of its service account, and the cluster is asked whose it is. Source: Vault's
 * "Kubernetes auth method (API)", and Kubernetes' `TokenReview`.
 */
import http from "node:http";
import https from "node:https";
import { isRecord } from "../wire";
import { type Answer, ok, Refusal, type Request, stringAt, stringsAt } from "./exchange";
import { podOf, type ServiceAccount } from "./pod-tokens";
import type { Storage } from "./storage";
import { issueToken } from "./tokens";

const TIMEOUT_MS = 5_000;

export const isLogin = ({ method, path }: Request): boolean => method === "POST" && /^auth\/.+\/login$/.test(path);

/** @throws Refusal 400 for a role that there is not, 403 for a token that is not the role's. */
export async function serveLogin(storage: Storage, rootToken: string, request: Request): Promise<Answer> {
  const path = request.path.slice("auth/".length, -"/login".length);
  const method = storage.system.auth[path];
  const roleName = stringAt(request.body, "role");
  const jwt = stringAt(request.body, "jwt");
  const role = method?.objects[`role/${roleName}`];
  const config = method?.objects.config;
  if (!method || !role || !config) throw new Refusal(400, `invalid role name "${roleName}"`);
  const audience = typeof role.audience === "string" ? role.audience : undefined;
  if (audience !== undefined && !audiencesOf(jwt).includes(audience)) throw new Refusal(403, "permission denied");
  const account = podOf(rootToken, jwt) ?? (await review(config, jwt, audience));
  assertBound(role, account);
  const metadata = { role: roleName, service_account_name: account.name, service_account_namespace: account.namespace };
  const policies = stringsAt(role, "token_policies");
  const aliases = { [method.accessor]: metadata };
  const auth = issueToken(storage, {
    policies,
    displayName: `${path}-${account.namespace}`,
    ttl: role.token_ttl,
    aliases,
  });
  return ok(null, { auth: { ...auth, metadata } });
}

function assertBound(role: Request["body"], { namespace, name }: ServiceAccount): void {
  const admits = (names: readonly string[], one: string) => names.some((each) => globOf(each).test(one));
  if (!admits(stringsAt(role, "bound_service_account_namespaces"), namespace))
    throw new Refusal(403, "namespace not authorized");
  if (!admits(stringsAt(role, "bound_service_account_names"), name))
    throw new Refusal(403, "service account name not authorized");
}

/** Names that a role admits may have stars. */
const globOf = (pattern: string) =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );

/** What the token says of itself, which nobody has confirmed yet. */
function audiencesOf(jwt: string): readonly string[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8"));
    const aud = isRecord(claims) ? claims.aud : undefined;
    return Array.isArray(aud) ? aud.map(String) : [String(aud)];
  } catch {
    throw new Refusal(403, "permission denied"); // no token at all
  }
}

/** Asks with the token itself: this Vault is outside of the cluster. */
async function review(config: Request["body"], jwt: string, audience: string | undefined): Promise<ServiceAccount> {
  const spec = { token: jwt, ...(audience !== undefined && { audiences: [audience] }) };
  const ca = typeof config.kubernetes_ca_cert === "string" ? config.kubernetes_ca_cert : undefined;
  const url = new URL("/apis/authentication.k8s.io/v1/tokenreviews", stringAt(config, "kubernetes_host"));
  const answer = await post(url, { jwt, ca }, { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec });
  const status = isRecord(answer) && isRecord(answer.status) ? answer.status : {};
  const username = isRecord(status.user) ? status.user.username : undefined;
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(String(username)) ?? [];
  if (status.authenticated !== true || !namespace || !name) throw new Refusal(403, "permission denied");
  return { namespace, name };
}

function post(url: URL, { jwt, ca }: { jwt: string; ca: string | undefined }, body: unknown): Promise<unknown> {
  const headers = { authorization: `Bearer ${jwt}`, "content-type": "application/json" };
  const client = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new Refusal(500, "the Kubernetes API does not answer"));
    const request = client.request(
      url,
      { method: "POST", headers, timeout: TIMEOUT_MS, ...(ca && { ca }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", refuse);
        response.on("end", () => {
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")));
          } catch {
            refuse();
          }
        });
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", refuse);
    request.end(JSON.stringify(body));
  });
}
