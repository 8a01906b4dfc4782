/**
 * Names in an estate are whatever people wrote: a table may be called by an escape sequence that clears a terminal, or by letters
 * that turn the direction of a line round. Reports show such characters by their number.
 */

/** Controls but tab and line end; marks of direction; halves of characters; what XML 1.0 does not allow. */
const UNPRINTABLE = /[\p{Cs}\p{Cf}\u2028\u2029\ufffe\uffff]|[^\P{Cc}\t\n]/gu;

/** The text with `\u{1b}` for what does not print. Tabs and line ends stay. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** On one line. */
export const printableLine = (text: string): string =>
  printable(text).replace(/[\t\n]/g, (character) => (character === "\n" ? "\\n" : "\\t"));
