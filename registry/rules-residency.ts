/** Where a tenant's data and its copies may be. */
import type { Rule } from "./rules";

export interface Resident {
  readonly residency: readonly string[];
  readonly shared: boolean;
  readonly region: string;
  readonly copyTo?: string;
}

const allowed = ({ residency }: Resident) => `its data may be in ${residency.join(", ")}`;

/** One rule for each key that a person would change. */
export const RESIDENCY_RULES: readonly Rule<Resident>[] = [
  {
    code: "TN-112",
    at: ["region"],
    when: ({ shared, residency, region }) => !shared && !residency.includes(region),
    say: (subject) => `the server would be in ${subject.region}; ${allowed(subject)}; write one of these`,
  },
  {
    code: "TN-112",
    at: ["cell"],
    when: ({ shared, residency, region }) => shared && !residency.includes(region),
    say: (subject) => `the cell is in ${subject.region}; ${allowed(subject)}; write a cell there`,
  },
  {
    code: "TN-112",
    at: ["backup", "copyTo"],
    when: ({ shared, residency, copyTo }) => !shared && copyTo !== undefined && !residency.includes(copyTo),
    say: (subject) =>
      `backups would be copied to ${subject.copyTo}; ${allowed(subject)}; write one of these, or remove it`,
  },
  {
    code: "TN-112",
    at: ["cell"],
    when: ({ shared, residency, copyTo }) => shared && copyTo !== undefined && !residency.includes(copyTo),
    say: (subject) => `the cell's backups are copied to ${subject.copyTo}; ${allowed(subject)}; write another cell`,
  },
];
