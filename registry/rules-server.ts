/** What must hold for a server and its read replicas, be it a shared cell or a tenant's own. */
import { maxConnections } from "./instance-class";
import type { Rule } from "./rules";

export interface Replicated {
  readonly instanceClass: string;
  readonly replicas: number;
  readonly replicaClass?: string;
}

export const REPLICA_RULES: readonly Rule<Replicated>[] = [
  {
    code: "TN-125",
    at: ["replicaClass"],
    when: ({ replicas, replicaClass }) => replicaClass !== undefined && replicas === 0,
    say: () => "replicaClass without replicas makes nothing; write replicas: 1 beside it, or remove it",
  },
  {
    // A standby stops replaying when its primary allows more connections than it does itself.
    // https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN
    code: "TN-125",
    at: ["replicaClass"],
    when: ({ instanceClass, replicas, replicaClass }) =>
      replicas > 0 && replicaClass !== undefined && maxConnections(replicaClass) < maxConnections(instanceClass),
    say: ({ instanceClass, replicaClass = "" }) =>
      `a ${replicaClass} allows ${maxConnections(replicaClass)} connections and its source, a ${instanceClass}, ${maxConnections(instanceClass)}; ` +
      `a replica with fewer than its source stops replicating; write ${instanceClass} or larger, or remove it`,
  },
];
