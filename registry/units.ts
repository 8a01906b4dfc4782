/** Amounts with a unit, as people write them: `128MB`, `30s`, `1_000_000`. Parsers return undefined for what is not one. */

/** What the registry accepts; also the patterns of the schema file. */
export const MEMORY = /^[1-9][0-9]{0,6}(MB|GB)$/;
export const DURATION = /^[1-9][0-9]{0,8}(ms|s|min)$/;
/** An integer with underscores between groups of three: YAML 1.2 reads `1_000_000` as text. */
export const GROUPED_INTEGER = /^(0|[1-9][0-9]{0,2}(_[0-9]{3}){1,4})$/;

const MEGABYTES: Readonly<Record<string, number>> = { MB: 1, GB: 1024 };
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };

/** Megabytes (of 1024 kB, as PostgreSQL counts). */
export const parseMemory = (text: string): number | undefined => parseAmount(text, MEMORY, MEGABYTES);

/** Milliseconds. */
export const parseDuration = (text: string): number | undefined => parseAmount(text, DURATION, MILLISECONDS);

/** A whole number, 0 or more, as YAML gives it. */
export function parseCount(value: number | string): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  return GROUPED_INTEGER.test(value) ? Number(value.replaceAll("_", "")) : undefined;
}

export const renderMemory = (megabytes: number): string => `${megabytes}MB`;

export const renderDuration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);

function parseAmount(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const unit = pattern.exec(text)?.[1];
  const factor = unit === undefined ? undefined : units[unit];
  return factor === undefined ? undefined : Number.parseInt(text, 10) * factor;
}
