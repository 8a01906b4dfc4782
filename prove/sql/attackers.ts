/** Who attacks: every login that the cell has, with what it presents. */
import { signContext } from "../../client/context";
import { type CellSecretKind, cellSecretPath, tenantSecretPath } from "../../registry/names";
import type { Attempt } from "../probe";
import type { Tenant } from "./catalog";
import type { ProvedCell } from "./cell";
import type { ProbeTenants } from "./probe-tenants";

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface Attacker {
  /** For people: the login, and what it presents. */
  readonly who: string;
  readonly kind: "app" | "reader" | "pooler" | "migrator" | "tenant";
  readonly login: Login;
  /** Presented in each transaction. */
  readonly context?: string;
  /** The tenant that it is; missing: nobody. */
  readonly tenantId?: string;
  /** The schema that is its own. */
  readonly schema?: string;
  /** False for what belongs to customers: it reads, and nothing else. */
  readonly mayWrite: boolean;
}

export interface Attackers {
  readonly list: readonly Attacker[];
  /** Logins that the cell has and that could not be had. */
  readonly missing: readonly Attempt[];
}

const CELL_LOGINS = ["app", "reader", "pooler", "migrator"] as const satisfies readonly CellSecretKind[];
/** Longer than any proof, shorter than anybody could make use of. */
const CONTEXT_SECONDS = 3600;

/** Reads the secrets of all logins. Those of a cell for one tenant have none of their own. */
export async function findAttackers(
  proved: ProvedCell,
  probes: ProbeTenants,
  tenants: readonly Tenant[],
): Promise<Attackers> {
  const list: Attacker[] = [];
  const missing: Attempt[] = [];
  const withSecret = async (path: string, who: string, use: (login: Login) => readonly Attacker[], needed = true) => {
    const login = await readLogin(proved, path);
    if (typeof login !== "string") list.push(...use(login));
    else if (needed) missing.push(untried(proved.cell, who, login));
  };
  if (probes.pooled) {
    const contexts = presentedBy(probes);
    for (const kind of CELL_LOGINS) {
      await withSecret(cellSecretPath(proved.cell, kind), kind, (login) => cellAttackers(kind, login, contexts));
    }
  }
  for (const { login, id, schema, slug } of probes.housed) list.push(pinned(slug, login, id, schema, true));
  for (const { slug, id, schema, status } of tenants.filter(({ tier }) => tier !== "pooled")) {
    const use = (login: Login) => [pinned(slug, login, id, schema, false)];
    await withSecret(tenantSecretPath(slug), slug, use, status === "active"); // who never was active has no secret
  }
  return { list, missing };
}

/** A context of the tenant, signed with the key of the proof. */
export const contextOf = ({ pooled }: ProbeTenants, tenantId: string, expiresInSeconds = CONTEXT_SECONDS): string =>
  pooled === undefined ? "" : signContext(pooled.key, tenantId, { expiresInSeconds });

interface Presented {
  readonly slug: string;
  readonly id: string;
  readonly context: string;
}

function presentedBy(probes: ProbeTenants): readonly Presented[] {
  const { pooled } = probes;
  if (pooled === undefined) return [];
  return [pooled.a, pooled.empty].map(({ slug, id }) => ({ slug, id, context: contextOf(probes, id) }));
}

function cellAttackers(
  kind: (typeof CELL_LOGINS)[number],
  login: Login,
  contexts: readonly Presented[],
): readonly Attacker[] {
  const nobody: Attacker = { who: `${login.user} without a context`, kind, login, mayWrite: true };
  if (kind === "pooler") return [nobody];
  const somebody = contexts.map(({ slug, id, context }) => ({
    ...nobody,
    who: `${login.user} with the context of ${slug}`,
    context,
    tenantId: id,
  }));
  return [nobody, ...somebody];
}

const pinned = (slug: string, login: Login, tenantId: string, schema: string, mayWrite: boolean): Attacker => ({
  who: `${login.user} (${slug})`,
  kind: "tenant",
  login,
  tenantId,
  schema,
  mayWrite,
});

/** What is wrong with it, where there is none to be had. */
async function readLogin({ secrets }: ProvedCell, path: string): Promise<Login | string> {
  try {
    const { username, password } = (await secrets.read(path))?.data ?? {};
    return username && password ? { user: username, password } : `there is no secret at ${path}`;
  } catch (error) {
    return `the secret at ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const untried = (where: string, who: string, answer: string): Attempt => ({
  probe: "read-rows",
  where,
  who,
  target: "the login",
  statement: "",
  outcome: "untried",
  answer,
});
