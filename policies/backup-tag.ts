/** Which backup plans take a server: those that carry the tag which their selection looks for. */
import { UNKNOWN } from "./plain";
import type { Subject } from "./rule";
import { tagsOf } from "./tags";

const BACKUP_TAG = "tenantry:backup";
const PLAN = "aws:backup/plan:Plan";

export function plansOf(subject: Subject, stack: readonly Subject[]): readonly Subject[] {
  const backup = tagsOf(subject)[BACKUP_TAG];
  if (backup === undefined || backup === UNKNOWN) return [];
  return stack.filter((each) => each.type === PLAN && tagsOf(each)[BACKUP_TAG] === backup);
}
