/** The end of every command: tree, summary, diagnostics, or one JSON document; and the exit code. */
import pc from "picocolors";
import { renderDocument } from "../display/document";
import { renderOutputs } from "../display/outputs";
import { renderFailures, renderSummary } from "../display/summary";
import { isNews, renderTree } from "../display/tree";
import { stackOutputs } from "./deploy";
import { EXIT, type ExitCode } from "./options";
import type { Session } from "./session";

export interface Ending {
  readonly command: "preview" | "up" | "refresh" | "destroy";
  /** False when the program itself failed. */
  readonly ran: boolean;
  /** Of `performance.now()`. */
  readonly start: number;
  /** Lines after the summary when all went well. */
  readonly next?: readonly string[];
}

export function conclude(session: Session, { command, ran, start, next = [] }: Ending): ExitCode {
  const { options, watch, run } = session;
  const { results, diagnostics } = watch;
  const { isSimulated } = options.standIns;
  const outputs = stackOutputs(session);
  const seconds = (performance.now() - start) / 1000;
  const exitCode = exitCodeOf(session, ran);
  if (options.json) {
    const { stack } = options;
    const parts = { command, stack, exitCode, results, diagnostics, outputs, seconds, isSimulated };
    options.screen.print(renderDocument(parts));
    return exitCode;
  }
  options.screen.transient?.("");
  const tree = renderTree(results, { isSimulated, full: options.diff });
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => pc.red(message));
  const said = run.mode.preview || command === "destroy" ? [] : renderOutputs(outputs);
  const ended = exitCode === EXIT.ok ? next : [...renderFailures(results), ...errors, ...failureAdvice(exitCode)];
  const summary = ran || results.some(isNews) ? [renderSummary(results, run.mode.preview, seconds)] : [];
  const blocks = [tree, said, summary, ended].filter((block) => block.length > 0);
  for (const block of blocks) {
    options.screen.print("");
    for (const line of block) options.screen.print(line);
  }
  return exitCode;
}

function exitCodeOf({ watch, run }: Session, ran: boolean): ExitCode {
  if (ran && !run.failed && !run.stopping) return EXIT.ok;
  const { preview } = run.mode;
  const acted = watch.results.some((result) => result.status === "done" && isNews(result) && result.custom);
  const partly = watch.results.some((result) => result.status === "failed" && result.reasons.length > 1);
  return !preview && (acted || partly) ? EXIT.partial : EXIT.failed;
}

function failureAdvice(exitCode: ExitCode): readonly string[] {
  if (exitCode !== EXIT.partial) return [];
  return ["What is done is kept; run the command again to go on where it failed."];
}
