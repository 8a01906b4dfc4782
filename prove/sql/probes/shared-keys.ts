/** Asks keys and references what other tenants have. */
import type { DatabaseError } from "pg";
import { qualified } from "../../../database/protection";
import type { Outcome, Probe } from "../../probe";
import type { SqlTarget } from "../cell";
import type { Attack } from "../sessions";
import { renderInsert } from "./write-rows";

const NAME = "shared-keys";

export const sharedKeys: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack:
    "A tenant without rows inserts the keys of another tenant's rows: a key that is taken, or a reference that holds, would tell.",
  guard: "Every key, unique index and reference has `tenant_id` in it.",
  async run({ sessions, attackers, filled, probes }) {
    const { pooled } = probes;
    const attacker = attackers.find(({ kind, tenantId }) => kind === "app" && tenantId === pooled?.empty.id);
    if (!pooled || !attacker) return [];
    const attacks = filled.flatMap(({ table, rows }): readonly Attack[] => {
      const row = rows.get(pooled.b.id);
      if (row === undefined) return [];
      const target = qualified(table.schema, table.name);
      const statement = renderInsert(target, { ...row, tenant_id: pooled.empty.id });
      const refers = table.references.some(({ columns }) =>
        columns.some((name) => name !== "tenant_id" && row[name] !== null),
      );
      return [{ target, statement, succeeded: () => (refers ? "through" : "nothing"), failed }];
    });
    return await sessions.attack(NAME, attacker, attacks);
  },
};

/** That the row referred to is not there is what it must say; that a key is taken is what it must not. */
const failed = ({ code }: DatabaseError): Outcome | undefined =>
  code === "23503" ? "refused" : code === "23505" || code === "23P01" ? "through" : undefined;
