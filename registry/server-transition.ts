/**
 * What may become of a server. Some changes would make a new and empty one, or are impossible: they are always refused. Some
 * restart it: they are refused unless the registry allows it. The provider asks here at preview, with the applied lines and the
 * new ones.
 */
import type { Refusal } from "./transition";
import type { Allowance } from "./types";

type Lines = Readonly<Record<string, string>>;

/** Refusals by cell, none when all is well. */
export function serverRefusals(olds: Lines, news: Lines): Refusal[] {
  return Object.entries(olds)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([cell, text]) => {
      const next = Object.hasOwn(news, cell) ? news[cell] : undefined;
      const old = wordsOf(text);
      const reasons = next === undefined ? vanishing(old) : changing({ old, next: wordsOf(next) });
      return reasons.map((reason) => ({ slug: cell, reason }));
    });
}

/** A line taken apart. Reads loosely: applied lines may have been written by an earlier version. */
interface Words {
  readonly kind: string;
  readonly of: (key: string) => string | undefined;
}

function wordsOf(text: string): Words {
  const [kind = "", ...rest] = text.split(" ");
  const pairs = new Map(rest.map((word) => [word.split("=", 1)[0] ?? "", word.slice(word.indexOf("=") + 1)]));
  return { kind, of: (key) => pairs.get(key) };
}

/** A dedicated tenant's server goes with its tenant, whose own line is judged. */
function vanishing(old: Words): string[] {
  if (old.kind !== "shared" || old.of("status") === "leaving") return [];
  return [
    "its line is gone, but it was not retired: put the line back with `status: retiring`, run `up`, then remove it",
  ];
}

interface Change {
  readonly old: Words;
  readonly next: Words;
}

const changing = (change: Change): string[] => [
  ...forbidden(change),
  ...(allows(change.next, "reboot") ? [] : [...restarting(change), ...downgrading(change)]),
  ...withdrawing(change),
];

const allows = (line: Words, word: Allowance): boolean => (line.of("allow") ?? "").split(",").includes(word);

/** Words whose change would make another server, by what to say of them. */
const IDENTITY: Readonly<Record<string, string>> = {
  region: "region",
  id: "RDS identifier",
  admin: "master user",
  key: "encryption key",
};
const NEW_SERVER = "which only a new and empty server can have: put it back, or make another cell and move its tenants";
/** A dedicated tenant's own line tells these. */
const OF_TENANT = new Set(["region"]);

function forbidden({ old, next }: Change): string[] {
  const changed = Object.entries(IDENTITY).flatMap(([word, what]) => {
    const [was, is] = [old.of(word), next.of(word)];
    const told = old.kind === "dedicated" && OF_TENANT.has(word);
    return was === undefined || was === is || told ? [] : [`its ${what} changes from ${was} to ${is}, ${NEW_SERVER}`];
  });
  const kind = old.kind === next.kind ? [] : [`it changes from ${old.kind} to ${next.kind}, ${NEW_SERVER}`];
  return [...kind, ...changed, ...shrinking({ old, next })];
}

function shrinking({ old, next }: Change): string[] {
  if (!smaller("diskGb", { old, next })) return [];
  return [`its disk shrinks from ${old.of("diskGb")} to ${next.of("diskGb")} GB, and RDS disks only grow: put it back`];
}

const smaller = (word: string, { old, next }: Change): boolean => Number(next.of(word)) < Number(old.of(word));

/** An upgrade that fails leaves its version in the applied line, so there is a word to go back. RDS refuses a real downgrade. */
function downgrading({ old, next }: Change): string[] {
  if (!smaller("postgres", { old, next })) return [];
  const [was, is] = [old.of("postgres"), next.of("postgres")];
  return [
    `its PostgreSQL goes back from ${was} to ${is}, which no server does: write ${was} again, or, if the upgrade to ${was} failed, ` +
      `write \`postgres: ${is}, allow: { reboot: true }\``,
  ];
}

const ALLOW = "write `allow: { reboot: true }` beside it to do it with this `up`, or put it back";

/** Words whose change restarts the server or its replicas, by what to say of that. */
const RESTARTS: Readonly<Record<string, (was: string, is: string, id: string) => string>> = {
  class: (was, is) => `its class changes from ${was} to ${is}, which restarts the server: ${ALLOW}`,
  postgres: (was, is) =>
    `its PostgreSQL changes from ${was} to ${is}, which takes the server away for minutes and cannot be undone: ${ALLOW}`,
  static: (was, is, id) =>
    `its static parameters change from ${was} to ${is}, which take effect at a restart that nobody makes by itself: ${ALLOW}, ` +
    `and then type: aws rds reboot-db-instance --db-instance-identifier ${id}`,
  replicaClass: (was, is) => `the class of its replicas changes from ${was} to ${is}, which restarts them: ${ALLOW}`,
};

function restarting({ old, next }: Change): string[] {
  return Object.entries(RESTARTS).flatMap(([word, say]) => {
    const [was, is] = word === "replicaClass" ? replicaClasses({ old, next }) : [old.of(word), next.of(word)];
    const lower = word === "postgres" && smaller(word, { old, next }); // told by itself
    if (was === undefined || is === undefined || was === is || lower) return [];
    return [say(was, is, next.of("id") ?? "")];
  });
}

/** Where no line names one, replicas change with their server, which is told already. */
function replicaClasses({ old, next }: Change): readonly (string | undefined)[] {
  const named = [old, next].some((line) => line.of("replicaClass") !== undefined);
  const classOf = (line: Words) =>
    line.of("replicas") === undefined ? undefined : (line.of("replicaClass") ?? line.of("class"));
  return named ? [old, next].map(classOf) : [];
}

/** Replicas are protected like their server: the word that lifts that must have been applied before they may go. */
function withdrawing({ old, next }: Change): string[] {
  const [was, is] = [Number(old.of("replicas") ?? 0), Number(next.of("replicas") ?? 0)];
  if (is >= was || allows(old, "fewerReplicas")) return [];
  return [
    `its read replicas go from ${was} to ${is}: put them back with \`allow: { fewerReplicas: true }\`, run \`up\`, then write ${is}`,
  ];
}
