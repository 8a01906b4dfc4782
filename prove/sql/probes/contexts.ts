/** Presents contexts that are not one's own. */
import { randomBytes } from "node:crypto";
import { escapeLiteral } from "pg";
import { signContext } from "../../../client/context";
import { qualified } from "../../../database/protection";
import type { Attempt, Probe } from "../../probe";
import { type Attacker, contextOf } from "../attackers";
import type { SqlTarget } from "../cell";
import type { ProbeTenants } from "../probe-tenants";
import type { Answer } from "../sessions";

const NAME = "contexts";
/** Tenants of whom a context is presented though they are not served so: the function does not know them by name. */
const CLOSED = 20;

export const contexts: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack:
    "The application presents contexts that are forged, expired, exchanged, of another key, of tenants that are not served so, and garbage.",
  guard: "`tenantry.current_tenant()` looks at signature, key, expiry and status, and a refusal says nothing.",
  async run(target) {
    const { sessions, attackers, probes } = target;
    if (!probes.pooled) return [];
    const attempts: Attempt[] = [];
    for (const nobody of attackers.filter(({ kind, context }) => ["app", "reader"].includes(kind) && !context)) {
      for (const [how, context] of falseContexts(target, probes.pooled)) {
        const attacker: Attacker = { ...nobody, who: `${nobody.login.user} with ${how}`, context };
        attempts.push(...(await sessions.attack(NAME, attacker, statements(target))));
      }
      attempts.push(await leftBehind(target, nobody));
    }
    return attempts;
  },
};

/** Who it says that one is, and rows of one table: the others are guarded by the same text. */
function statements({ filled }: SqlTarget) {
  const table = filled.find(({ rows }) => rows.size > 0)?.table;
  return [
    {
      target: "tenantry.current_tenant()",
      statement: "select tenantry.current_tenant()",
      succeeded: ({ rows }: Answer) => (rows[0]?.[0] === null ? ("nothing" as const) : ("through" as const)),
    },
    ...(table === undefined
      ? []
      : [table].map(({ schema, name }) => ({
          target: qualified(schema, name),
          statement: `select 1 from ${qualified(schema, name)} limit 1`,
        }))),
  ];
}

type Pooled = NonNullable<ProbeTenants["pooled"]>;

function falseContexts({ probes, catalog }: SqlTarget, { key, a, b }: Pooled): readonly (readonly [string, string])[] {
  const [one, other] = [contextOf(probes, a.id).split("."), contextOf(probes, b.id).split(".")];
  const [kid = "", id = "", expiry = "", mac = ""] = one;
  const [, otherId = "", , otherMac = ""] = other;
  const strange = { ...key, key: randomBytes(32).toString("hex") };
  const past = { expiresInSeconds: 1, now: Date.now() - 3_600_000 };
  const closed = catalog.tenants
    .filter(({ tier, status }) => tier !== "pooled" || status !== "active")
    .slice(0, CLOSED);
  return [
    ["nothing", ""],
    ["garbage", "x"],
    ["dots", "..."],
    ["an id alone", id],
    ["SQL in place of a context", `${kid}.${id}' or true --.${expiry}.${mac}`],
    ["a context of 100 kB", "a".repeat(100_000)],
    ["a false signature", [kid, id, expiry, "0".repeat(64)].join(".")],
    ["the signature of another tenant", [kid, id, expiry, otherMac].join(".")],
    ["the id of another tenant", [kid, otherId, expiry, mac].join(".")],
    ["a later expiry", [kid, id, String(Number(expiry) + 3600), mac].join(".")],
    ["no signature", [kid, id, expiry, ""].join(".")],
    ["the id in upper case", [kid, id.toUpperCase(), expiry, mac].join(".")],
    ["a key that the cell does not know", signContext({ ...strange, kid: "nobody" }, a.id, { expiresInSeconds: 60 })],
    ["a key of one's own under a known name", signContext(strange, a.id, { expiresInSeconds: 60 })],
    ["a context that has expired", signContext(key, a.id, past)],
    ["a tenant that does not exist", contextOf(probes, "00000000-0000-4000-8000-000000000000")],
    ...[...probes.housed, ...closed].map(
      ({ slug, id: tenantId }) =>
        [`a context of ${slug}, which is not served so`, contextOf(probes, tenantId)] as const,
    ),
  ];
}

/** A context that was presented is gone with its transaction, for whoever gets the connection next. */
async function leftBehind(target: SqlTarget, nobody: Attacker): Promise<Attempt> {
  const client = await target.sessions.open(nobody.login);
  const context = contextOf(target.probes, target.probes.pooled?.a.id ?? "");
  await client.query("begin");
  await client.query("select set_config('tenantry.context', $1, true)", [context]);
  await client.query("commit");
  const { rows } = await client.query<{ left: string | null }>(
    "select current_setting('tenantry.context', true) as left",
  );
  const left = rows[0]?.left;
  return {
    probe: NAME,
    where: target.cell,
    who: `${nobody.login.user} on the connection of another tenant`,
    target: "the setting tenantry.context",
    statement: `begin; select set_config('tenantry.context', ${escapeLiteral("<context>")}, true); commit; show tenantry.context`,
    outcome: left === null || left === "" ? "nothing" : "through",
    answer: left === null || left === "" ? "empty" : "a context",
  };
}
