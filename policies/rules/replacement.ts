/** What holds data is not made anew, and what guards it is not left to drift. */
import { plansOf } from "../backup-tag";
import { listOf, valuesOf } from "../plain";
import { type Subject, stackRule } from "../rule";
import { holdsData } from "./protection";

/** Inputs that say how data is kept: whoever ignores changes to them keeps what somebody did by hand. */
const GUARDING: readonly string[] = [
  "*",
  "deletionProtection",
  "skipFinalSnapshot",
  "publiclyAccessible",
  "storageEncrypted",
  "kmsKeyId",
  "backupRetentionPeriod",
  "forceDestroy",
  "enableKeyRotation",
  "policy",
];

export const noReplacement = stackRule({
  name: "no-delete-before-replace",
  description:
    "What holds data is never deleted before its replacement exists, and no change to what guards it is ignored. Known exception: backupRetentionPeriod of a server whose backup plan is continuous, which AWS Backup then sets. With `protect` (deletion-protection) the engine refuses every replacement.",
  severity: "high",
  remediation: "Leave deleteBeforeReplace and ignoreChanges out, and repair the drift",
  concerns: holdsData,
  check: (subject, _config, stack) => {
    const { deleteBeforeReplace, ignoreChanges } = subject.options;
    const known = plansOf(subject, stack).some(isContinuous) ? ["backupRetentionPeriod"] : [];
    const ignored = ignoreChanges.filter((path) => {
      const input = path.split(/[.[]/)[0] ?? "";
      return GUARDING.includes(input) && !known.includes(input);
    });
    return [
      ...(deleteBeforeReplace === true ? ["The option deleteBeforeReplace deletes the data first"] : []),
      ...ignored.map((path) => `Changes to ${path} are ignored`),
    ];
  },
});

const isContinuous = ({ props: { rules } }: Subject): boolean =>
  listOf(rules).some((rule) => valuesOf(rule).enableContinuousBackup === true);
