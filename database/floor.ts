/** Servers below these minor versions let rows through row security; they are refused. */
import { TenantryError } from "../registry/errors";

/** Major version to the least minor one. */
export const FLOORS: Readonly<Record<number, number>> = { 16: 16, 17: 12, 18: 7 };

/**
 * Refuses a server that is too old. `exempt`: the embedded server of a local stack, whose packages lag behind; it is told
 * apart by what only a local stack may have, a loopback address with TLS off, and it serves no real tenant.
 * @param versionNum `server_version_num`, such as 170012.
 * @throws TenantryError TN-302
 */
export function assertVersion(versionNum: number, exempt: boolean): void {
  const [major, minor] = [Math.floor(versionNum / 10_000), versionNum % 10_000];
  const floor = FLOORS[major];
  if (floor !== undefined && (exempt || minor >= floor)) return;
  const allowed = Object.entries(FLOORS).map(([known, least]) => `${known}.${least}`);
  throw new TenantryError(
    "TN-302",
    `the server runs PostgreSQL ${major}.${minor}; allowed are ${allowed.join(", ")} and later minor versions of these: ` +
      "upgrade the server, then run the command again",
  );
}
