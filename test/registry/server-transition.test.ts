import fc from "fast-check";
import { renderServerLine, type ServerLine } from "../../registry/server-line";
import { serverRefusals } from "../../registry/server-transition";
import { runs } from "../runs";

const SERVER: ServerLine = {
  kind: "shared",
  leaving: false,
  instanceClass: "db.r7g.xlarge",
  diskGb: 500,
  postgres: 17,
  region: "eu-west-1",
  id: "prod-eu-1",
  admin: "tenantry_admin",
  fixed: { "rds.logical_replication": "1", max_locks_per_transaction: "256" },
  replicas: 1,
  allow: [],
};
const KEY = "arn:aws:kms:eu-west-1:111122223333:key/1";
const lineOf = (changes: Partial<ServerLine> = {}) => renderServerLine({ ...SERVER, ...changes });

/** Why the server may not become what `changes` say; nothing when it may. */
const refused = (changes: Partial<ServerLine>, before: Partial<ServerLine> = {}) =>
  serverRefusals({ "eu-1": lineOf(before) }, { "eu-1": lineOf(changes) }).map(({ reason }) => reason);

test("a line tells what decides about a server's life", () => {
  expect(lineOf()).toBe(
    "shared class=db.r7g.xlarge diskGb=500 postgres=17 region=eu-west-1 id=prod-eu-1 admin=tenantry_admin key=own " +
      "static=max_locks_per_transaction:256,rds.logical_replication:1 replicas=1",
  );
  expect(
    lineOf({ kind: "dedicated", leaving: true, key: KEY, replicas: 0, allow: ["reboot", "fewerReplicas"] }),
  ).toMatch(new RegExp(`^dedicated status=leaving class=.* key=${KEY} static=\\S+ allow=reboot,fewerReplicas$`));
});

const RESTARTS = [
  [
    "class",
    { instanceClass: "db.r7g.2xlarge" },
    /^its class changes from db.r7g.xlarge to db.r7g.2xlarge, which restarts/,
  ],
  ["version", { postgres: 18 }, /^its PostgreSQL changes from 17 to 18, .* cannot be undone/],
  [
    "static parameters",
    { fixed: { ...SERVER.fixed, max_locks_per_transaction: "512" } },
    /transaction:256,.* to max_locks_per_transaction:512,.*aws rds reboot-db-instance --db-instance-identifier prod-eu-1$/,
  ],
  ["class of the replicas", { replicaClass: "db.r7g.2xlarge" }, /^the class of its replicas changes/],
] as const;

test.each(RESTARTS)("a changed %s restarts the server, so the registry must allow it", (_, changes, reason) => {
  const [said, ...others] = refused(changes);
  expect(said).toMatch(reason);
  expect(said).toContain("allow: { reboot: true }");
  expect(others).toEqual([]);
  expect(refused({ ...changes, allow: ["reboot"] })).toEqual([]);
  expect(refused({ ...changes, allow: ["fewerReplicas"] })).toEqual([said]);
  expect(refused(changes, { allow: ["reboot"] })).toEqual([said]); // the word belongs beside the change
});

test.each([
  ["region", { region: "us-east-1" }],
  ["RDS identifier", { id: "prod-eu-2" }],
  ["master user", { admin: "root" }],
  ["encryption key", { key: KEY }],
  ["kind", { kind: "dedicated" as const }],
  ["disk that shrinks", { diskGb: 499 }],
])("another %s is refused, whatever the registry allows", (_, changes) => {
  expect(refused(changes)).toHaveLength(1);
  expect(refused({ ...changes, allow: ["reboot", "fewerReplicas"] }, { allow: ["reboot", "fewerReplicas"] })).toEqual(
    refused(changes),
  );
});

test("a version goes back where an upgrade failed and the registry says so; RDS refuses it of a server that was upgraded", () => {
  expect(refused({ postgres: 16 })).toEqual([
    expect.stringMatching(/from 17 to 16.*write 17 again, or.*postgres: 16, allow: { reboot: true }`$/),
  ]);
  expect(refused({ postgres: 16 }, { allow: ["reboot"] })).toHaveLength(1);
  expect(refused({ postgres: 16, allow: ["reboot"] })).toEqual([]);
});

test("another region of a dedicated tenant is told once, by the tenant's own line", () => {
  expect(refused({ kind: "dedicated", region: "us-east-1" }, { kind: "dedicated" })).toEqual([]);
});

test("all that is wrong is told at once", () => {
  expect(refused({ region: "us-east-1", instanceClass: "db.r7g.large", diskGb: 100, replicas: 0 })).toHaveLength(4);
});

test("what needs no restart may change freely: a larger disk, another replica, a word that came or went", () => {
  expect(refused({ diskGb: 1000, replicas: 3 })).toEqual([]);
  expect(refused({ allow: ["reboot"] })).toEqual([]);
  expect(refused({}, { allow: ["reboot"] })).toEqual([]);
  expect(refused({ leaving: true })).toEqual([]);
  expect(refused({ instanceClass: "db.r7g.2xlarge", allow: ["reboot"] }, { replicas: 0 })).toEqual([]);
});

test("replicas go once the registry has allowed it in an earlier `up`", () => {
  expect(refused({ replicas: 0 })).toEqual([expect.stringMatching(/from 1 to 0: .*fewerReplicas: true.*`up`/)]);
  expect(refused({ replicas: 0, allow: ["fewerReplicas"] })).toHaveLength(1); // still protected
  expect(refused({ replicas: 0 }, { allow: ["fewerReplicas"] })).toEqual([]);
});

test("a shared cell vanishes once it was retired; a dedicated one goes with its tenant", () => {
  expect(serverRefusals({ "eu-1": lineOf() }, {})).toEqual([
    { slug: "eu-1", reason: expect.stringMatching(/not retired: .*`status: retiring`, run `up`, then remove/) },
  ]);
  expect(serverRefusals({ "eu-1": lineOf({ leaving: true }) }, {})).toEqual([]);
  expect(serverRefusals({ acme: lineOf({ kind: "dedicated" }) }, {})).toEqual([]);
  expect(serverRefusals({}, { "eu-1": lineOf() })).toEqual([]);
});

test("a word that an earlier version did not write is no change", () => {
  const old = lineOf().replace(/ (admin|static)=\S+/g, "");
  expect(serverRefusals({ "eu-1": old }, { "eu-1": lineOf() })).toEqual([]);
});

test("whatever the lines, equal ones are never refused and nothing shared vanishes unnoticed", () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(lineOf(), lineOf({ kind: "dedicated" }), lineOf({ leaving: true }), lineOf({ replicas: 3 })),
  );
  const lines = fc.dictionary(fc.constantFrom("eu-1", "us-1", "constructor"), line, { noNullPrototype: true });
  fc.assert(
    fc.property(lines, lines, (olds, news) => {
      expect(serverRefusals(olds, olds)).toEqual([]);
      const named = serverRefusals(olds, news).map(({ slug }) => slug);
      for (const [cell, old] of Object.entries(olds)) {
        const gone = !Object.hasOwn(news, cell) && old.startsWith("shared ") && !old.includes(" status=leaving");
        if (gone) expect(named).toContain(cell);
      }
    }),
    { numRuns: runs(1000) },
  );
});
