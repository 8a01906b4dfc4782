/** What went wrong with one tenant, in one line, while the others go on. */
import type { Client } from "pg";
import { DatabaseError } from "pg";
import { TenantryError } from "../registry/errors";
import type { Failure } from "./types";

/** Collects failures. A lost connection is none: nobody else can be helped without it. */
export class Failures {
  readonly list: Failure[] = [];

  constructor(
    private readonly client: Client,
    private readonly cell: string,
  ) {}

  add(subject: string, reason: string): void {
    this.list.push({ subject, reason });
  }

  has(subject: string): boolean {
    return this.list.some((failure) => failure.subject === subject);
  }

  /**
   * Runs work for one subject; gives whether it succeeded. What it began is rolled back when it fails.
   * @throws TenantryError TN-315 when the session is gone.
   */
  async attempt(subject: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      await this.#rollback(error);
      this.add(subject, reasonOf(error));
      return false;
    }
  }

  async #rollback(cause: unknown): Promise<void> {
    try {
      await this.client.query("rollback");
    } catch {
      throw new TenantryError(
        "TN-315",
        `cell ${this.cell}: the connection was lost in the middle of the run (${reasonOf(cause)}); what was done is kept: ` +
          "run the command again, it goes on where this one ended",
      );
    }
  }
}

/** One line. Messages of PostgreSQL hold no values of statements; details and contexts might, and are left out. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replaceAll(/\s*\n\s*/g, "; ");
  return error instanceof DatabaseError && error.code ? `${line} (SQLSTATE ${error.code})` : line;
}
