/** What makes a cell differ from what was applied. Compares texts; never connects. Pure. */
import { isRecord, open, type Props, UNKNOWN } from "./wire";

/** The user and password of the admin may change without any tenant changing. */
const IDENTITY = ["host", "port", "database", "sslmode"] as const;
const COMPARED = ["cell", "vault", "tenants", "plans", "sql"] as const;

/** `olds`: the last outputs, whose lines carry the drift that a refresh found. A value that is unknown yet is a change. */
export function cellDiffers(olds: Props, news: Props): boolean {
  const [before, after] = [open(olds), open(news)];
  if (!isRecord(before) || !isRecord(after)) return true;
  if (isRecord(before.shared) && Object.keys(before.shared).length > 0) return true;
  const [was, is] = [before.connection, after.connection];
  if (!isRecord(was) || !isRecord(is)) return true;
  return IDENTITY.some((key) => !same(was[key], is[key])) || COMPARED.some((key) => !same(before[key], after[key]));
}

function same(one: unknown, other: unknown): boolean {
  if (one === UNKNOWN || other === UNKNOWN) return false;
  if (!isRecord(one) || !isRecord(other)) return one === other;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
}
