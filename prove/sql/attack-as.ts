/** The same attacks by one attacker after the other. */
import type { Attempt } from "../probe";
import type { Attacker } from "./attackers";
import type { SqlTarget } from "./cell";
import type { Attack } from "./sessions";

export async function attackAs(
  probe: string,
  { sessions }: SqlTarget,
  attackers: readonly Attacker[],
  attacksOf: (attacker: Attacker) => readonly Attack[],
): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (const attacker of attackers) attempts.push(...(await sessions.attack(probe, attacker, attacksOf(attacker))));
  return attempts;
}

/** Those that may do more than read, customers' own logins left out. The migrator owns the tables, and is looked at apart. */
export const writersOf = ({ attackers }: SqlTarget): readonly Attacker[] =>
  attackers.filter(({ mayWrite, kind }) => mayWrite && kind !== "migrator");

/** One for each login, customers' own left out: for what does not depend on whom it presents. */
export function loginsOf({ attackers }: SqlTarget): readonly Attacker[] {
  const byUser = new Map<string, Attacker>();
  for (const attacker of attackers.filter(({ mayWrite }) => mayWrite)) {
    if (!byUser.has(attacker.login.user)) byUser.set(attacker.login.user, attacker);
  }
  return [...byUser.values()];
}
