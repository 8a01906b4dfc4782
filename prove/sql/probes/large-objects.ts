/** Reads, changes and removes large objects. */
import { CELL_ROLES } from "../../../registry/names";
import type { Probe } from "../../probe";
import { attackAs, loginsOf } from "../attack-as";
import type { Attacker } from "../attackers";
import type { LargeObject } from "../catalog";
import type { SqlTarget } from "../cell";
import { type Attack, mustFail } from "../sessions";

const NAME = "large-objects";

export const largeObjects: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack: "Every login reads every large object, and changes and removes the one that is made for the proof.",
  guard: "A large object is its owner's until somebody grants it.",
  run: (target) =>
    attackAs(NAME, target, loginsOf(target), (attacker) =>
      target.catalog.largeObjects.flatMap((object) => attacksOn(object, attacker)),
    ),
};

/** Those that the application made are no tenant's: docs/threat-model.md tells it to make none. */
function attacksOn({ oid, owner, probe }: LargeObject, { login, kind }: Attacker): readonly Attack[] {
  const own = owner === login.user || (kind !== "tenant" && owner === CELL_ROLES[kind]);
  const succeeded = own ? () => "accepted" as const : mustFail;
  const statements = [
    `select lo_get(${oid})`,
    ...(probe ? [`select lo_put(${oid}, 0, 'x')`, `select lo_unlink(${oid})`] : []),
  ];
  return statements.map((statement) => ({ target: `large object ${oid}`, statement, succeeded }));
}
