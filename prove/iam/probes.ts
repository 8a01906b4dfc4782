/** All attacks on the files of tenants, and on what opens them. They are evaluated, over the policies that a stack has: nothing is sent. */
import type { Attempt, Probe } from "../probe";
import type { Cloud } from "./cloud";
import { keysOfOthers, useByHand } from "./keys";
import { listsOfOthers, objectsOfOthers, objectsOfSimilarNames, otherBuckets } from "./objects";
import { rightsOfSessions, settingsOfBuckets } from "./rights";
import { openersOfSessions, tagsOfSessions } from "./trust";
import { sessionsOfNobody, strangersInBuckets, underOtherKeys, withoutTls } from "./unprotected";

export const CLOUD_PROBES: readonly Probe<Cloud>[] = [
  objectsOfOthers,
  objectsOfSimilarNames,
  listsOfOthers,
  otherBuckets,
  sessionsOfNobody,
  withoutTls,
  underOtherKeys,
  strangersInBuckets,
  settingsOfBuckets,
  tagsOfSessions,
  openersOfSessions,
  rightsOfSessions,
  keysOfOthers,
  useByHand,
];

export async function attackCloud(cloud: Cloud): Promise<readonly Attempt[]> {
  const attempts = await Promise.all(CLOUD_PROBES.map((probe) => probe.run(cloud)));
  return attempts.flat();
}
