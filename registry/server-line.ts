/** Canonical one-line texts of servers: what a review shows of them, and what tells a change that may be made from one that may not. */
import type { Allowance } from "./types";

/** What decides about a server's life: whatever is left out may change without a restart. */
export interface ServerLine {
  readonly kind: "shared" | "dedicated";
  /** True for a server that may go. */
  readonly leaving: boolean;
  readonly instanceClass: string;
  readonly diskGb: number;
  /** PostgreSQL major version. */
  readonly postgres: number;
  readonly region: string;
  /** RDS identifier. */
  readonly id: string;
  /** Name of the master user. */
  readonly admin: string;
  /** ARN of the customer's key. @default a key of the cell's own */
  readonly key?: string;
  /** Parameters that take effect at a restart. */
  readonly fixed: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly replicaClass?: string;
  readonly allow: readonly Allowance[];
}

/** `shared class=db.r7g.xlarge diskGb=500 postgres=17 region=eu-west-1 id=prod-eu-1 admin=... key=own static=a:1,b:2 [replicas=1] [allow=reboot]` */
export function renderServerLine(line: ServerLine): string {
  const fixed = Object.entries(line.fixed).sort(([one], [other]) => (one < other ? -1 : 1));
  const words = [
    line.kind,
    line.leaving && "status=leaving",
    `class=${line.instanceClass}`,
    `diskGb=${line.diskGb}`,
    `postgres=${line.postgres}`,
    `region=${line.region}`,
    `id=${line.id}`,
    `admin=${line.admin}`,
    `key=${line.key ?? "own"}`,
    `static=${fixed.map(([name, value]) => `${name}:${value}`).join(",")}`,
    line.replicas > 0 && `replicas=${line.replicas}`,
    line.replicaClass !== undefined && `replicaClass=${line.replicaClass}`,
    line.allow.length > 0 && `allow=${line.allow.join(",")}`,
  ];
  return words.filter(Boolean).join(" ");
}
