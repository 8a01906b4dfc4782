/** Follows a command while it runs: collects what it did, and shows that something is going on. */
import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import type { Reporter, Severity, Step, StepResult } from "../deployment/step";
import type { Redactor } from "../redactor";
import { parseUrn } from "../urn";

export interface Screen {
  /** Prints one line. */
  print(line: string): void;
  /** Shows a line that the next output replaces; without a terminal there is none. */
  readonly transient?: (line: string) => void;
}

export interface Diagnostic {
  readonly severity: Severity;
  readonly message: string;
}

export class Watch implements Reporter {
  readonly results: StepResult[] = [];
  readonly diagnostics: Diagnostic[] = [];
  private readonly running = new Map<string, string>();
  private done = 0;

  constructor(
    private readonly screen: Screen,
    private readonly redactor: Redactor,
  ) {}

  start({ urn }: Step): void {
    this.running.set(urn, "");
    this.show();
  }

  finish(result: StepResult): void {
    const cleaned = { ...result, reasons: result.reasons.map((reason) => this.redactor.clean(reason)) };
    this.results.push(cleaned);
    this.running.delete(result.urn);
    this.done++;
    if (result.status === "failed")
      this.screen.print(pc.red(`  ${parseUrn(result.urn).name}: ${cleaned.reasons[0] ?? "failed"}`));
    this.show();
  }

  progress(urn: string, message: string): void {
    const cleaned = this.redactor.clean(message);
    if (this.running.has(urn)) this.running.set(urn, cleaned);
    const { name } = parseUrn(urn);
    if (!this.screen.transient) this.screen.print(pc.dim(name ? `  ${name}: ${cleaned}` : `  ${cleaned}`));
    this.show();
  }

  /** Errors are kept for the end, where they are not overlooked. */
  log(severity: Severity, message: string): void {
    const plain = pc.isColorSupported ? message : stripVTControlCharacters(message);
    const cleaned = this.redactor.clean(plain.trimEnd());
    this.diagnostics.push({ severity, message: cleaned });
    if (severity !== "error") this.screen.print(severity === "warning" ? pc.yellow(`warning: ${cleaned}`) : cleaned);
  }

  private show(): void {
    const names = [...this.running].map(([urn, message]) => `${parseUrn(urn).name}${message && ` (${message})`}`);
    this.screen.transient?.(names.length === 0 ? "" : `  ${this.done} done, working on ${names.join(", ")}`);
  }
}
