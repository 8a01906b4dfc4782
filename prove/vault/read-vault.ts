/** Reads from a running Vault what there is to attack. It reads no secret. */
import { z } from "zod";
import { parsePolicy } from "../../policies/vault/policy";
import type { DirectoryRow } from "../../registry/types";
import type { VaultHttp } from "../../vault/http";
import type { PodRole, VaultEstate, VaultGap } from "./estate";

export interface VaultSources {
  readonly mount: string;
  readonly directory: readonly Pick<DirectoryRow, "slug" | "cell">[];
  /** Whether the stack lets pods log in: then there must be a role. */
  readonly admitsPods: boolean;
}

const keys = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const policy = z.object({ data: z.object({ policy: z.string() }) });
const method = z.object({ type: z.string(), accessor: z.string() });
const methods = z.object({ data: z.record(z.string(), z.unknown()) });
const names = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(",").filter(Boolean))])
  .nullish()
  .transform((value) => value ?? []);
const role = z.object({
  data: z.object({
    bound_service_account_namespaces: names,
    bound_service_account_names: names,
    bound_service_account_namespace_selector: z.string().nullish(),
    audience: z.string().nullish(),
    token_policies: names,
    token_no_default_policy: z.boolean().nullish(),
  }),
});

/** Everything by the token of `http`. What it may not read is a gap. @throws VaultError TN-402 when there is no answer. */
export async function readVault(http: VaultHttp, { mount, directory, admitsPods }: VaultSources): Promise<VaultEstate> {
  const gaps: VaultGap[] = [];
  const read = async <T>(path: string, shape: z.ZodType<T>): Promise<T | undefined> => {
    const { status, body } = await http.send("GET", path);
    const parsed = shape.safeParse(body);
    if (parsed.success) return parsed.data;
    // A list of nothing is `404`.
    if (status !== 404) gaps.push({ target: path, why: `the token of this run does not read it (status ${status})` });
    return undefined;
  };
  const list = async (path: string) => (await read(`${path}?list=true`, keys))?.data.keys ?? [];

  const policies = await readPolicies(list, read);
  const roles = await readRoles(list, read, gaps);
  if (admitsPods && roles.length === 0 && gaps.length === 0)
    gaps.push({ target: "sys/auth", why: "the stack admits pods, and no role was found" });
  const unclear = [...policies].filter(([name, text]) => {
    const why = whyUnclear(text);
    if (why !== undefined && roles.some((each) => each.policies.includes(name)))
      gaps.push({ target: `sys/policies/acl/${name}`, why });
    return why !== undefined;
  });
  for (const [name] of unclear) policies.delete(name);
  const said = [...policies.values()].join("\n");
  const tenants = directory
    .map(({ slug }) => ({ slug, named: said.includes(`/${slug}`) }))
    .sort((one, other) => (one.slug < other.slug ? -1 : 1));
  return { mount, policies, roles, tenants, cells: [...new Set(directory.map(({ cell }) => cell))].sort(), gaps };
}

type List = (path: string) => Promise<readonly string[]>;
type Read = <T>(path: string, shape: z.ZodType<T>) => Promise<T | undefined>;

async function readPolicies(list: List, read: Read): Promise<Map<string, string>> {
  const policies = new Map<string, string>();
  for (const name of await list("sys/policies/acl")) {
    if (name === "root") continue; // it has no text: it may everything
    const found = await read(`sys/policies/acl/${encodeURIComponent(name)}`, policy);
    if (found) policies.set(name, found.data.policy);
  }
  return policies;
}

async function readRoles(list: List, read: Read, gaps: VaultGap[]): Promise<readonly PodRole[]> {
  const all: PodRole[] = [];
  const found = await read("sys/auth", methods);
  for (const [slashed, value] of Object.entries(found?.data ?? {})) {
    const { data: made } = method.safeParse(value);
    if (made?.type !== "kubernetes") continue;
    const path = slashed.replace(/\/$/, "");
    for (const name of await list(`auth/${path}/role`)) {
      const at = `auth/${path}/role/${name}`;
      const data = (await read(`auth/${path}/role/${encodeURIComponent(name)}`, role))?.data;
      if (!data) continue;
      if (data.bound_service_account_namespace_selector)
        gaps.push({ target: at, why: "it admits namespaces by their labels, which Kubernetes knows alone" });
      all.push({
        method: path,
        accessor: made.accessor,
        name,
        namespaces: data.bound_service_account_namespaces,
        serviceAccounts: data.bound_service_account_names,
        audience: data.audience || undefined,
        policies: [...data.token_policies, ...(data.token_no_default_policy === true ? [] : ["default"])],
      });
    }
  }
  return all;
}

function whyUnclear(text: string): string | undefined {
  try {
    parsePolicy(text);
    return undefined;
  } catch (error) {
    return `not understood: ${error instanceof Error ? error.message : String(error)}`;
  }
}
