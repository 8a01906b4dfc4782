/** What differs between two sets of properties, one entry for each leaf; and the property paths of resource options. */
import type { Props } from "../provider";
import { isRecord, isSecret, same } from "../wire";

export interface Change {
  readonly path: readonly string[];
  readonly kind: "add" | "delete" | "update";
  /** Secrets are still wrapped: whoever prints them must not open them. */
  readonly old?: unknown;
  readonly new?: unknown;
}

export function changesBetween(olds: Props, news: Props): readonly Change[] {
  return compare([], olds, news);
}

function compare(path: readonly string[], old: unknown, value: unknown): readonly Change[] {
  if (old === undefined) return value === undefined ? [] : [{ path, kind: "add", new: value }];
  if (value === undefined) return [{ path, kind: "delete", old }];
  const members = membersOf(old, value);
  if (members) return members.flatMap(([key, was, is]) => compare([...path, key], was, is));
  return same(old, value) ? [] : [{ path, kind: "update", old, new: value }];
}

function membersOf(old: unknown, value: unknown): readonly (readonly [string, unknown, unknown])[] | undefined {
  if (Array.isArray(old) && Array.isArray(value)) {
    const length = Math.max(old.length, value.length);
    return Array.from({ length }, (_, index) => [String(index), old[index], value[index]]);
  }
  if (!isRecord(old) || !isRecord(value) || isSecret(old) || isSecret(value)) return undefined;
  const added = Object.keys(value).filter((key) => !(key in old));
  return [...Object.keys(old), ...added].map((key) => [key, old[key], value[key]]);
}

/** `tags.owner`, `rules[0].port`, `labels["a.b"]`, `*` -> keys. */
export function parsePath(text: string): readonly string[] {
  const keys = text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g);
  return [...keys].map(([, quoted, index, name]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? index ?? name ?? "");
}

/** True when the change is at the path, below it, or replaces something above it. */
export function touches(change: Change, pattern: readonly string[]): boolean {
  return pattern.every((key, depth) => depth >= change.path.length || key === "*" || key === change.path[depth]);
}

/** The new inputs with the changes at or below `patterns` taken back (option ignoreChanges). */
export function keepOld(olds: Props, news: Props, patterns: readonly string[]): Props {
  if (patterns.length === 0) return news;
  const paths = patterns.map(parsePath);
  const ignored = (change: Change) => paths.some((path) => path.length <= change.path.length && touches(change, path));
  return changesBetween(olds, news)
    .filter(ignored)
    .reduce((props, { path, old }) => withValue(props, path, old), news);
}

function withValue(props: Props, path: readonly string[], value: unknown): Props {
  const [key = "", ...rest] = path;
  const { [key]: current, ...others } = props;
  if (rest.length === 0) return value === undefined ? others : { ...props, [key]: value };
  if (Array.isArray(current)) {
    const items = withValue(Object.fromEntries(current.entries()), rest, value);
    return { ...props, [key]: Object.values(items) };
  }
  return { ...props, [key]: withValue(isRecord(current) ? current : {}, rest, value) };
}
