/** Values in messages: short, on one line, and telling apart what only looks like plain letters. */

const LONGEST = 60;

/** What was written, as JSON would have it; what is no printable ASCII as `\u{430}`. */
export function quote(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  const text = (JSON.stringify(value) ?? String(value)).replace(/[^\x20-\x7e]/gu, codePoint);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}... (${text.length} characters)` : text;
}

const codePoint = (char: string) => `\\u{${char.codePointAt(0)?.toString(16)}}`;
