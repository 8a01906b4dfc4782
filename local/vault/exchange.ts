/** A request and its answer, as the parts of the local Vault pass them on. */
import { isRecord } from "../wire";

export interface Request {
  /** LIST is `GET ...?list=true`: Node knows no other. PUT arrives as POST: Vault makes no difference. */
  readonly method: "GET" | "LIST" | "POST" | "DELETE";
  /** Without `/v1/`, unescaped, no slash at either end. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/** An answer that refuses, in Vault's form `{ "errors": [...] }`. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    ...errors: readonly string[]
  ) {
    super(errors.join("; "));
  }

  get answer(): Answer {
    return { status: this.status, body: { errors: this.message === "" ? [] : [this.message] } };
  }
}

/** A successful answer in Vault's envelope. */
export function ok(
  data: unknown,
  rest: { readonly warnings?: readonly string[]; readonly auth?: unknown } = {},
): Answer {
  const envelope = { lease_id: "", renewable: false, lease_duration: 0, warnings: null, auth: null };
  return { status: 200, body: { ...envelope, data, ...rest } };
}

export const DONE: Answer = { status: 204 };

export function unsupported({ method, path }: Request): Refusal {
  return new Refusal(404, `no handler for route "${path}": the local Vault does not serve ${method} there`);
}

export function stringAt(body: Request["body"], name: string): string {
  const value = body[name];
  if (typeof value !== "string" || value === "") throw new Refusal(400, `missing ${name}`);
  return value;
}

export function recordAt(body: Request["body"], name: string): Readonly<Record<string, unknown>> {
  const value = body[name];
  return isRecord(value) ? value : {};
}

export function stringsAt(body: Request["body"], name: string): readonly string[] {
  const value = body[name];
  return Array.isArray(value) ? value.map(String) : [];
}
