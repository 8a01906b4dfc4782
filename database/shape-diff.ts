/** What differs between two shapes, said for people. */
import type { Subject } from "./shape";

const PRIVILEGES = /^(.*) privileges of (.*)$/;

/**
 * One line, `; ` between the findings, empty when the items are equal. `reference` is what should be, `live` what is; with a
 * `subject`, its role is named where the items say `{role}`.
 */
export function diffShapes(reference: readonly string[], live: readonly string[], subject?: Subject): string {
  const wanted = byKey(reference);
  const found = byKey(live);
  const keys = [...new Set([...wanted.keys(), ...found.keys()])].sort();
  const all = keys.flatMap((key) => {
    // What stands or falls with a table is told with the table.
    const table = key.split(/[ .]/, 1).join();
    if (key !== table && wanted.has(table) !== found.has(table)) return [];
    return explain(key, wanted.get(key), found.get(key));
  });
  return all.map((line) => (subject?.role === undefined ? line : line.replaceAll("{role}", subject.role))).join("; ");
}

function explain(key: string, wanted: string | undefined, found: string | undefined): readonly string[] {
  if (wanted === found) return [];
  const [, object, grantee] = PRIVILEGES.exec(key) ?? [];
  if (object !== undefined && grantee !== undefined) {
    const [should, does] = [list(wanted), list(found)];
    return [
      ...should.filter((one) => !does.includes(one)).map((one) => `${object}: ${one} missing for ${grantee}`),
      ...does.filter((one) => !should.includes(one)).map((one) => `${object}: ${one} not expected for ${grantee}`),
    ];
  }
  if (found === undefined) return [`${key}: missing`];
  if (wanted === undefined) return [`${key}: not expected`];
  return [`${key}: is ${found}, should be ${wanted}`];
}

function list(privileges: string | undefined): readonly string[] {
  return privileges === undefined ? [] : privileges.split(", ");
}

/** Two grantors may have given privileges to one role: their values are joined. */
function byKey(items: readonly string[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const item of items) {
    const at = item.indexOf(" = ");
    const [key, value] = [item.slice(0, at), item.slice(at + 3)];
    const other = map.get(key);
    map.set(key, other === undefined ? value : `${other}, ${value}`);
  }
  return map;
}
