/** Reads, changes and removes large objects. */
import type { Probe } from "../../probe";
import { attackAs, loginsOf } from "../attack-as";
import type { SqlTarget } from "../cell";
import { type Attack, mustFail } from "../sessions";

const NAME = "large-objects";

export const largeObjects: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack: "Every login reads every large object, and changes and removes the one that is made for the proof.",
  guard: "A large object is its owner's until somebody grants it.",
  async run(target) {
    const { admin, catalog } = target;
    const { rows } = await admin.query<{ oid: string }>(
      "select oid::text from pg_largeobject_metadata where pg_has_role(lomowner, 'usage')",
    );
    const made = new Set(rows.map(({ oid }) => oid));
    const attacks = catalog.largeObjects.flatMap((oid): readonly Attack[] => {
      const target = `large object ${oid}`;
      const reading = { target, statement: `select lo_get(${oid})`, succeeded: mustFail };
      if (!made.has(oid)) return [reading];
      const writing = [`select lo_put(${oid}, 0, 'x')`, `select lo_unlink(${oid})`];
      return [reading, ...writing.map((statement) => ({ target, statement, succeeded: mustFail }))];
    });
    return await attackAs(NAME, target, loginsOf(target), () => attacks);
  },
};
