/** What went wrong with one tenant, in one line, while the others go on. */
import type { Client } from "pg";
import { reasonOf } from "./reason";
import type { Failure } from "./types";

/** Collects failures. A lost connection is none of them: nobody else can be helped without it. */
export class Failures {
  readonly list: Failure[] = [];

  constructor(private readonly client: Client) {}

  /** Once: an applied file that was changed is wrong in the pooled schema and in all others. */
  add(subject: string, reason: string): void {
    if (this.list.some((failure) => failure.subject === subject && failure.reason === reason)) return;
    this.list.push({ subject, reason });
  }

  has(subject: string): boolean {
    return this.list.some((failure) => failure.subject === subject);
  }

  /**
   * Runs work for one subject; gives whether it succeeded. What it began is rolled back when it fails; where not even that is
   * possible, the session is gone, and the run with it.
   */
  async attempt(subject: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      await this.client.query("rollback");
      this.add(subject, reasonOf(error));
      return false;
    }
  }
}
