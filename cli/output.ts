/** What verbs print, and how they end. Results go to stdout, everything else to stderr. */
import colors from "picocolors";

/** picocolors: plain text without a terminal, and wherever `NO_COLOR` is set. */
export { colors };

export const EXIT = {
  ok: 0,
  /** The command ran and found something wrong, or failed altogether. */
  findings: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Some of the work is done; the output names what is not. */
  partial: 3,
} as const;

/** Ends the command with `code`, after whatever is still being printed. */
export function setExit(code: (typeof EXIT)[keyof typeof EXIT]): void {
  process.exitCode = code;
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** For people that watch: it does not disturb what a program reads from stdout. */
export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What follows the name of a cell: most reasons begin with that name themselves. */
export function withoutCell(cell: string, reason: string): string {
  const name = `cell ${cell}: `;
  return reason.startsWith(name) ? reason.slice(name.length) : reason;
}

/** One document, indented. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, undefined, 2));
}

/** Columns as wide as their widest cell; nothing but the head when there are no rows. */
export function printTable(columns: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => (row[at] ?? "").length)));
  const render = (cells: readonly string[]) => cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ");
  printLine(colors.bold(render(columns).trimEnd()));
  for (const row of rows) printLine(render(row).trimEnd());
}

/** One pair a line, labels aligned. */
export function printPairs(pairs: readonly (readonly [string, string])[]): void {
  const width = Math.max(0, ...pairs.map(([label]) => label.length));
  for (const [label, value] of pairs) printLine(`${colors.dim(label.padEnd(width))}  ${value}`);
}
