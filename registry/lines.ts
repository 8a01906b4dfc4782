/**
 * Canonical one-line texts of tenants and plans: what a review shows and what the provider compares. Equal values give
 * equal lines and the other way round: a parser accepts exactly what its renderer writes.
 */
import { parseNatural, Words } from "./line-words";
import { type Source, STATUSES, type Status, type Tier } from "./types";
import { parseDuration, parseMemory, renderDuration, renderMemory } from "./units";

/** The limits in time, each as a word of the lines and as a property. */
const TIMES = [
  ["statementTimeout", "statementTimeoutMs"],
  ["idleInTransactionTimeout", "idleInTransactionTimeoutMs"],
  ["transactionTimeout", "transactionTimeoutMs"],
] as const;

type TimeLimits = { readonly [Time in (typeof TIMES)[number] as Time[1]]?: number };

/** What a cell is told about a tenant. Limits other than `connections` only where the tenant overrides its plan. */
export interface TenantLine extends TimeLimits {
  readonly tier: Tier;
  readonly plan: string;
  readonly status: Status;
  /** True where the application makes its own tables. */
  readonly ownTables: boolean;
  /** What is in force, be it the tenant's or the plan's; missing: no limit, or a pooled tenant. */
  readonly connections?: number;
  readonly workMemMb?: number;
  readonly quotas: Readonly<Record<string, number>>;
  /** Where the tenant still lives; this line only prepares its target. */
  readonly from?: Pick<Source, "tier" | "cell">;
  readonly id: string;
}

/**
 * Who is where in the estate: what tells a move from a removal and an addition. It leaves out whatever may change freely,
 * so that such a change concerns the tenant's cell alone.
 */
export interface RosterLine extends Pick<TenantLine, "tier" | "ownTables" | "from" | "id"> {
  /** True for a tenant that may go. */
  readonly offboarding: boolean;
  readonly cell: string;
  readonly region: string;
}

/** A plan's line of before there were limits of transactions names none. */
export interface PlanLine extends TimeLimits {
  readonly tier: Tier;
  readonly workMemMb: number;
  readonly statementTimeoutMs: number;
  readonly connections?: number;
  readonly ownTables: boolean;
  readonly quotas: Readonly<Record<string, number>>;
}

/** `schema plan=growth status=active connections=25 quotas.topics=50 id=...` */
export function renderTenantLine(line: TenantLine): string {
  return join([
    line.tier,
    `plan=${line.plan}`,
    `status=${line.status}`,
    line.ownTables && "tables=own",
    line.connections !== undefined && `connections=${line.connections}`,
    line.workMemMb !== undefined && `workMem=${renderMemory(line.workMemMb)}`,
    ...timeWords(line),
    ...quotaWords(line.quotas),
    line.from && fromWord(line.from),
    `id=${line.id}`,
  ]);
}

/** `schema [status=offboarding] [tables=own] [from=...] id=... cell=eu-1 region=eu-west-1` */
export function renderRosterLine(line: RosterLine): string {
  return join([
    line.tier,
    line.offboarding && "status=offboarding",
    line.ownTables && "tables=own",
    line.from && fromWord(line.from),
    `id=${line.id}`,
    `cell=${line.cell}`,
    `region=${line.region}`,
  ]);
}

/** `pooled workMem=32MB statementTimeout=10s idleInTransactionTimeout=60s transactionTimeout=3600s quotas.topics=3` */
export function renderPlanLine(line: PlanLine): string {
  return join([
    line.tier,
    `workMem=${renderMemory(line.workMemMb)}`,
    ...timeWords(line),
    line.connections !== undefined && `connections=${line.connections}`,
    line.ownTables && "tables=own",
    ...quotaWords(line.quotas),
  ]);
}

/** @throws TenantryError TN-119 for anything that `renderTenantLine` would not write. */
export const parseTenantLine = (text: string): TenantLine => parseLine(text, tenantOf, renderTenantLine);

/** @throws TenantryError TN-119 for anything that `renderRosterLine` would not write. */
export const parseRosterLine = (text: string): RosterLine => parseLine(text, rosterOf, renderRosterLine);

/** @throws TenantryError TN-119 for anything that `renderPlanLine` would not write. */
export const parsePlanLine = (text: string): PlanLine => parseLine(text, planOf, renderPlanLine);

const DRIFT = " drift: ";

/** A live line with what differs from it in the database. */
export const withDrift = (line: string, drift: string): string => `${line}${DRIFT}${drift}`;

/** A live line taken apart; `drift` is missing where all is as it should be. */
export function splitDrift(text: string): { readonly line: string; readonly drift?: string } {
  const at = text.indexOf(DRIFT);
  return at < 0 ? { line: text } : { line: text.slice(0, at), drift: text.slice(at + DRIFT.length) };
}

const join = (words: readonly (string | false | undefined)[]) => words.filter(Boolean).join(" ");

const timeWords = (line: TimeLimits) =>
  TIMES.map(([word, key]) => {
    const ms = line[key];
    return ms !== undefined && `${word}=${renderDuration(ms)}`;
  });

/** By code unit, so that the order does not depend on a machine's language. */
const quotaWords = (quotas: Readonly<Record<string, number>>) =>
  Object.keys(quotas)
    .sort()
    .map((name) => `quotas.${name}=${quotas[name]}`);

const fromWord = ({ tier, cell }: Pick<Source, "tier" | "cell">) =>
  cell === undefined ? `from=${tier}` : `from=${tier}@${cell}`;

/** Reads the words, then writes them again: whatever differs (order, spaces, unknown words) is not canonical. */
function parseLine<L>(text: string, read: (words: Words) => L, render: (line: L) => string): L {
  const words = new Words(text);
  const line = read(words);
  const canonical = render(line);
  return canonical === text ? line : words.fail(`it should read ${JSON.stringify(canonical)}`);
}

function tenantOf(words: Words): TenantLine {
  const connections = words.amount("connections", parseNatural);
  const workMemMb = words.amount("workMem", parseMemory);
  const from = words.source();
  return {
    tier: words.tier(),
    plan: words.need("plan"),
    status: words.oneOf(STATUSES, words.need("status")),
    ownTables: words.has("tables"),
    ...(connections !== undefined && { connections }),
    ...(workMemMb !== undefined && { workMemMb }),
    ...timesOf(words),
    quotas: words.quotas(),
    ...(from && { from }),
    id: words.need("id"),
  };
}

function timesOf(words: Words): TimeLimits {
  const told = TIMES.map(([word, key]) => [key, words.amount(word, parseDuration)] as const);
  return Object.fromEntries(told.filter(([, ms]) => ms !== undefined));
}

function rosterOf(words: Words): RosterLine {
  const from = words.source();
  return {
    tier: words.tier(),
    offboarding: words.has("status"),
    ownTables: words.has("tables"),
    ...(from && { from }),
    id: words.need("id"),
    cell: words.need("cell"),
    region: words.need("region"),
  };
}

function planOf(words: Words): PlanLine {
  const connections = words.amount("connections", parseNatural);
  return {
    tier: words.tier(),
    workMemMb: words.amount("workMem", parseMemory) ?? words.fail("workMem= is missing"),
    ...timesOf(words),
    statementTimeoutMs: words.amount("statementTimeout", parseDuration) ?? words.fail("statementTimeout= is missing"),
    ...(connections !== undefined && { connections }),
    ownTables: words.has("tables"),
    quotas: words.quotas(),
  };
}
