/**
 * Tokens of pods on a machine that has no cluster: whoever holds the root token signs them, and the local Vault takes its own
 * signature for the cluster's word. So what a pod may read can be tried here too.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { isRecord } from "../wire";

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

const HEADER = { alg: "HS256", typ: "JWT" };
const ISSUER = "tenantry-local";
const LIFE_SECONDS = 600;

/** A JSON web token as Kubernetes makes it, for one audience. */
export function signPodToken(rootToken: string, { namespace, name }: ServiceAccount, audience: string): string {
  const exp = Math.floor(Date.now() / 1000) + LIFE_SECONDS;
  const claims = { iss: ISSUER, sub: `system:serviceaccount:${namespace}:${name}`, aud: [audience], exp };
  const content = [HEADER, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${content}.${signatureOf(rootToken, content).toString("base64url")}`;
}

/** Whose token it is; undefined for one that this Vault did not sign, or that has expired. Its audience is for the caller to judge. */
export function podOf(rootToken: string, jwt: string): ServiceAccount | undefined {
  const end = jwt.lastIndexOf(".");
  const signature = Buffer.from(jwt.slice(end + 1), "base64url");
  const expected = signatureOf(rootToken, jwt.slice(0, Math.max(end, 0)));
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return undefined;
  const claims: unknown = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8")); // signed: it is ours
  if (!isRecord(claims) || typeof claims.exp !== "number" || claims.exp * 1000 <= Date.now()) return undefined;
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(String(claims.sub)) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

const signatureOf = (rootToken: string, content: string) =>
  createHmac("sha256", rootToken).update(`pod.${content}`).digest();
