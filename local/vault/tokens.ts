/** Who asks, and what they may: the root token may all, others what their policies say. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type Ask, permits } from "../../policies/vault/acl";
import { parsePolicy } from "../../policies/vault/policy";
import { fillIn } from "../../policies/vault/template";
import { type Answer, DONE, ok, Refusal, type Request, stringsAt, unsupported } from "./exchange";
import { type Storage, type Token, without } from "./storage";

const DEFAULT_TTL_SECONDS = 32 * 24 * 3600;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const ROOT: Token = { policies: ["root"], displayName: "root", expiresAt: Number.POSITIVE_INFINITY };

/** What every token may do with itself, as Vault's policy `default` says. */
const OWN = ["auth/token/lookup-self", "auth/token/revoke-self"];

export interface Caller {
  readonly hash: string;
  readonly token: Token;
}

/** @throws Refusal 403 for a token that is missing, unknown or expired. */
export function findCaller(storage: Storage, rootToken: string, presented: string | undefined): Caller {
  const hash = hashOf(presented ?? "");
  if (timingSafeEqual(Buffer.from(hash), Buffer.from(hashOf(rootToken)))) return { hash, token: ROOT };
  const token = storage.system.tokens[hash];
  if (!token || token.expiresAt <= Date.now()) throw new Refusal(403, "permission denied");
  return { hash, token };
}

/** @throws Refusal 403 unless the capability is the caller's on this path. */
export function assertAllowed(storage: Storage, { token }: Caller, ask: Ask): void {
  if (isRoot(token) || OWN.includes(ask.path)) return;
  const { policies } = storage.system;
  const rules = token.policies.flatMap((name) => fillIn(parsePolicy(policies[name] ?? ""), token.aliases ?? {}));
  if (!permits(rules, ask)) throw new Refusal(403, "permission denied");
}

/** `auth/token/create`, `lookup-self` and `revoke-self`. */
export function serveTokens(storage: Storage, caller: Caller, request: Request): Answer {
  const { tokens } = storage.system;
  switch (`${request.method} ${request.path}`) {
    case "POST auth/token/create":
      return createToken(storage, caller, request);
    case "GET auth/token/lookup-self":
      return ok(describe(caller.token));
    case "POST auth/token/revoke-self":
      storage.saveSystem({ tokens: without(tokens, caller.hash) });
      return DONE;
    default:
      throw unsupported(request);
  }
}

function createToken(storage: Storage, { token: parent }: Caller, { body }: Request): Answer {
  const asked = stringsAt(body, "policies");
  const policies = asked.length > 0 ? asked : parent.policies;
  if (!isRoot(parent) && policies.some((name) => !parent.policies.includes(name))) {
    throw new Refusal(400, "child policies must be subset of parent");
  }
  const displayName = String(body.display_name ?? "token");
  return ok(null, { auth: issueToken(storage, { policies, displayName, ttl: body.ttl }) });
}

/** Makes a token and gives what Vault says of it. `ttl` as the API takes it. */
export function issueToken(
  storage: Storage,
  { ttl, ...who }: Omit<Token, "expiresAt"> & { readonly ttl: unknown },
): Readonly<Record<string, unknown>> {
  const seconds = secondsOf(ttl);
  const token: Token = { ...who, expiresAt: Date.now() + seconds * 1000 };
  const clientToken = `hvs.${randomBytes(24).toString("base64url")}`;
  const live = Object.entries(storage.system.tokens).filter(([, { expiresAt }]) => expiresAt > Date.now());
  storage.saveSystem({ tokens: { ...Object.fromEntries(live), [hashOf(clientToken)]: token } });
  const { policies } = who;
  return { client_token: clientToken, policies, token_policies: policies, lease_duration: seconds, renewable: false };
}

function describe({ policies, displayName, expiresAt }: Token) {
  const limited = Number.isFinite(expiresAt);
  const ttl = limited ? Math.max(0, Math.round((expiresAt - Date.now()) / 1000)) : 0;
  return { policies, display_name: displayName, ttl, expire_time: limited ? new Date(expiresAt).toISOString() : null };
}

const isRoot = ({ policies }: Token) => policies.includes("root");

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** `3600`, `"3600"`, `"90s"`, `"10m"`, `"1h"`. */
function secondsOf(value: unknown): number {
  if (value === undefined || value === "") return DEFAULT_TTL_SECONDS;
  const [, count, unit = "s"] = /^(\d+)([smh])?$/.exec(String(value)) ?? [];
  if (count === undefined) throw new Refusal(400, "ttl must be seconds or a number with s, m or h");
  return Number(count) * (UNITS[unit] ?? 1);
}
