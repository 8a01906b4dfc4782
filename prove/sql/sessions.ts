/** Sessions of attackers, and what comes of what they try. */
import { Client, DatabaseError } from "pg";
import { extendedQuery } from "../../client/statement";
import { wayTo } from "../../database/dial";
import { tlsOf } from "../../database/tls";
import type { Connection } from "../../database/types";
import type { Attempt, Outcome } from "../probe";
import type { Attacker, Login } from "./attackers";

export interface Answer {
  readonly rows: readonly (readonly unknown[])[];
  /** Rows that were given or changed. */
  readonly count: number;
}

/** One statement that is tried. Nothing of it is committed. */
export interface Attack {
  /** What is attacked: `pooled.topics`. */
  readonly target: string;
  readonly statement: string;
  /** What it means that the statement went through. @default a row is `through`, none is `nothing` */
  readonly succeeded?: (answer: Answer) => Outcome;
  /** What a failure means, where it is no plain refusal: `undefined` for what holds for all statements. */
  readonly failed?: (error: DatabaseError) => Outcome | undefined;
}

/** Statements that must not succeed at all. */
export const mustFail = (): Outcome => "through";

/** Statements that are sent before their answers are waited for. */
const BATCH = 200;
const SETTINGS = "-c statement_timeout=10s -c lock_timeout=2s -c client_min_messages=error";

export class Sessions {
  readonly #open = new Map<string, Promise<Client>>();

  constructor(
    private readonly cell: string,
    private readonly connection: Connection,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Tries all, each from the state in which the transaction of the attacker began. */
  async attack(probe: string, attacker: Attacker, attacks: readonly Attack[]): Promise<readonly Attempt[]> {
    if (attacks.length === 0) return [];
    const tell = (attack: Attack, outcome: Outcome, answer: string): Attempt => {
      const { target, statement } = attack;
      return { probe, where: this.cell, who: attacker.who, target, statement, outcome, answer };
    };
    try {
      const client = await this.open(attacker.login);
      await client.query("begin read write");
      try {
        await present(client, attacker.context);
        await client.query("savepoint attack");
        const attempts: Attempt[] = [];
        for (let from = 0; from < attacks.length; from += BATCH) {
          this.signal?.throwIfAborted();
          const batch = attacks.slice(from, from + BATCH).map(async (attack) => {
            const [outcome, answer] = await tryOne(client, attack);
            return tell(attack, outcome, answer);
          });
          attempts.push(...(await Promise.all(batch)));
        }
        return attempts;
      } finally {
        await client.query("rollback");
      }
    } catch (error) {
      if (!(error instanceof Error) || this.signal?.aborted) throw error;
      const outcome = isDenied(error) ? "refused" : "untried";
      return attacks.map((attack) => tell(attack, outcome, reasonOf(error)));
    }
  }

  /** A session of the login, kept for the next attack. */
  open(login: Login): Promise<Client> {
    const known = this.#open.get(login.user);
    if (known !== undefined) return known;
    const opened = connectAs(this.cell, this.connection, login);
    this.#open.set(login.user, opened);
    return opened;
  }

  /** A session of its own in another database of the server, which is ended at once. */
  async visit(login: Login, database: string): Promise<void> {
    const client = await connectAs(this.cell, { ...this.connection, database }, login);
    await client.end();
  }

  /** Ends the session of one login: servers have places for few. */
  async close(login: Login): Promise<void> {
    const opened = this.#open.get(login.user);
    this.#open.delete(login.user);
    const [settled] = await Promise.allSettled([opened]);
    if (settled?.status === "fulfilled") await settled.value?.end();
  }

  async closeAll(): Promise<void> {
    for (const user of [...this.#open.keys()]) await this.close({ user, password: "" });
  }
}

async function connectAs(cell: string, connection: Connection, { user, password }: Login): Promise<Client> {
  const way = wayTo(cell, connection, process.env);
  const client = new Client({
    host: connection.host,
    port: connection.port,
    database: connection.database,
    user,
    password,
    ssl: tlsOf(connection),
    application_name: "tenantry prove",
    connectionTimeoutMillis: 15_000,
    pipeline: true,
    options: SETTINGS,
    ...(way === undefined ? {} : { stream: way.socket }),
  });
  client.on("error", () => undefined); // the statement that meets a lost session tells of it
  await client.connect();
  return client;
}

async function present(client: Client, context: string | undefined): Promise<void> {
  if (context !== undefined) await client.query("select set_config('tenantry.context', $1, true)", [context]);
}

async function tryOne(client: Client, attack: Attack): Promise<readonly [Outcome, string]> {
  const sent = client.query<unknown[]>({ ...extendedQuery(attack.statement), rowMode: "array" });
  const undone = client.query("rollback to savepoint attack");
  const [result, back] = await Promise.allSettled([sent, undone]);
  if (back.status === "rejected") return ["untried", reasonOf(back.reason)];
  if (result.status === "rejected") return [failureOf(attack, result.reason), reasonOf(result.reason)];
  const { rows = [], rowCount } = result.value;
  const count = rowCount ?? rows.length;
  const outcome = attack.succeeded?.({ rows, count }) ?? (count > 0 ? "through" : "nothing");
  return [outcome, count === 1 ? "1 row" : `${count} rows`];
}

function failureOf(attack: Attack, error: unknown): Outcome {
  if (!(error instanceof DatabaseError)) return "untried";
  return attack.failed?.(error) ?? (isDenied(error) ? "refused" : "untried");
}

/**
 * Insufficient privilege, a login that may not log in, a read-only role. Whatever else happens, such as a lost connection, a
 * timeout or an object that is gone meanwhile, proves nothing.
 */
export const isDenied = (error: unknown): boolean =>
  error instanceof DatabaseError && ["42501", "28000", "28P01", "25006"].includes(error.code ?? "");

/** `42501 permission denied for schema tenantry`, on one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error instanceof DatabaseError ? `${error.code} ${error.message}` : error.message;
  return text.replaceAll(/\s+/g, " ");
}
