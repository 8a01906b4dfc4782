/**
 * Which tenants attack which, where there are too many for all pairs. A policy says the same of all tenants, unless it names one: so
 * some of them stand for all, and whoever is named is never left out.
 */

interface Tenant {
  /** Whether a policy says the tenant's name: then it may be an exception. */
  readonly named: boolean;
}

const ATTACKERS = 25;
const VICTIMS = 8;

/** All, or so many, evenly spread, and those who are named. */
export function sampleAttackers<T extends Tenant>(tenants: readonly T[]): readonly T[] {
  const step = Math.max(1, tenants.length / ATTACKERS);
  const isNext = (at: number) => Math.floor(at / step) > Math.floor((at - 1) / step);
  return tenants.filter(({ named }, at) => named || isNext(at));
}

/** Of others those who are named and the next ones, where the first follows the last. `tenants` are in the order of what tells them apart. */
export function sampleVictims<T extends Tenant>(tenants: readonly T[], attacker: T): readonly T[] {
  const at = tenants.indexOf(attacker);
  const others = [...tenants.slice(at + 1), ...tenants.slice(0, at)];
  return [...others.slice(0, VICTIMS), ...others.slice(VICTIMS).filter(({ named }) => named)];
}
