/** What must hold for a server and its backups, be it a shared cell or a tenant's own. */
import type { Rule } from "./rules";
import type { Backup } from "./types";

export interface BackedUp {
  readonly region: string;
  readonly backup: Backup;
  /** ARN of the customer's own key. */
  readonly key?: string;
}

/** `arn:aws:kms:<region>:...` */
const keyRegion = (arn = ""): string => arn.split(":")[3] ?? "";

export const BACKUP_RULES: readonly Rule<BackedUp>[] = [
  {
    code: "TN-122",
    at: ["key"],
    when: ({ key, region }) => key !== undefined && keyRegion(key) !== region,
    say: ({ key, region }) =>
      `the key is in ${keyRegion(key)} and the server in ${region}; a server uses keys of its region; write one of ${region}`,
  },
  {
    code: "TN-113",
    at: ["backup", "copyTo"],
    when: ({ region, backup }) => backup.copyTo === region,
    say: ({ region }) => `the copy would be in ${region}, where the server is; write another region, or remove copyTo`,
  },
  {
    code: "TN-113",
    at: ["backup", "copyKey"],
    when: ({ key, backup }) => key !== undefined && backup.copyTo !== undefined && backup.copyKey === undefined,
    say: ({ backup: { copyTo } }) =>
      `copyKey is missing; the copy of a server with its own key needs a key there; write copyKey: arn:aws:kms:${copyTo}:<account>:key/<id>`,
  },
  {
    code: "TN-113",
    at: ["backup", "copyKey"],
    when: ({ backup }) => backup.copyKey !== undefined && backup.copyTo === undefined,
    say: () => "copyKey without copyTo copies nothing; write copyTo: <region> beside it, or remove it",
  },
  {
    code: "TN-122",
    at: ["backup", "copyKey"],
    when: ({ backup: { copyTo, copyKey } }) =>
      copyTo !== undefined && copyKey !== undefined && keyRegion(copyKey) !== copyTo,
    say: ({ backup: { copyTo, copyKey } }) =>
      `the key is in ${keyRegion(copyKey)} and the copy in ${copyTo}; write a key of ${copyTo}`,
  },
];
