/** One proof on one server: every probe finds nothing, and each finds what its controls take away. */

import type { Attempt, Probe } from "../../prove/probe";
import type { SqlTarget, Stage } from "../../prove/sql/cell";
import { SQL_PROBES } from "../../prove/sql/probes";
import { attack, withStage } from "../../prove/sql/stage";
import { CONTROLS, type Control } from "./controls";
import type { ProvedTestCell } from "./proved-cell";

export interface ProofWithControls {
  readonly attempts: readonly Attempt[];
  /** Each control with what its probe let through while it was in force. */
  readonly controls: readonly ControlResult[];
}

interface ControlResult {
  readonly removes: string;
  readonly through: readonly Attempt[];
  /** What the server answers to the first statement that a report of `privileges` tells people to type. */
  readonly typedAgain: readonly unknown[];
}

export async function proveWithControls(cell: ProvedTestCell, major: number): Promise<ProofWithControls> {
  return await withStage(cell.proved, async (stage) => {
    const attempts = await attack(stage, SQL_PROBES);
    const controls: ControlResult[] = [];
    for (const control of CONTROLS.filter(({ servers }) => servers.includes(major))) {
      controls.push({ removes: control.removes, ...(await withoutGuard(cell, fewer(stage), control)) });
    }
    return { attempts, controls };
  });
}

/** Controls are about single guards: customers' logins and second contexts find nothing more. */
const fewer = (stage: Stage): Stage => ({
  ...stage,
  attackers: stage.attackers.filter(
    ({ kind, mayWrite, tenantId }) => mayWrite && (kind === "app" || kind === "tenant" || tenantId === undefined),
  ),
});

async function withoutGuard(
  cell: ProvedTestCell,
  stage: Stage,
  control: Control,
): Promise<Omit<ControlResult, "removes">> {
  const { apply, undo } = control;
  await cell.tamper(typeof apply === "string" ? apply : apply(stage));
  try {
    const attempts = await attack(stage, [probeOf(control)]);
    const through = attempts.filter(({ outcome }) => outcome === "through");
    const [first] = control.probe === "privileges" ? through : [];
    return { through, typedAgain: first ? Object.values((await cell.tamper(first.statement))[0] ?? {}) : [] };
  } finally {
    await cell.tamper(undo);
  }
}

function probeOf({ probe }: Control): Probe<SqlTarget> {
  const found = SQL_PROBES.find(({ name }) => name === probe);
  if (!found) throw new Error(`no probe is called ${probe}`);
  return found;
}
