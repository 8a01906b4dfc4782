/** Which login of a pair is in use, and which is open beside it while the pair is rotated. Pure. */
import { escapeLiteral } from "pg";
import type { LoginPair } from "../registry/names";

/** A row of `tenantry.rotations`. */
export interface Rotation {
  /** The login, or the kid of the key, that the secret names. */
  readonly named: string;
  /** What the secret is about to name; it is open already. */
  readonly next: string | null;
  /** True while the one of before has not been closed by its rotation. */
  readonly closing: boolean;
  /** Milliseconds that the one of before stays open; 0 when its time is over, or when there is none. */
  readonly opensMs: number;
}

/** By subject: the first login of a pair, or `context` for the key that signs contexts. */
export type Rotations = Readonly<Record<string, Rotation>>;

export interface PairInUse {
  /** The login that the secret names. */
  readonly login: string;
  /** The one that the secret names if a run ended between secret and database. */
  readonly next: string | null;
  /** Those that exist: the second one is made with the first rotation. */
  readonly logins: readonly string[];
  /** Those of them that may log in. */
  readonly open: readonly string[];
}

/** Without a row the pair was never rotated. */
export function pairInUse({ a, b }: LoginPair, rotation: Rotation | undefined): PairInUse {
  if (!rotation) return { login: a, next: null, logins: [a], open: [a] };
  const { named: login, next } = rotation;
  const both = next !== null || rotation.opensMs > 0;
  return { login, next, logins: [a, b], open: both ? [a, b] : [login] };
}

/** The one of the pair that is not in use. */
export const otherOf = ({ a, b }: LoginPair, login: string): string => (login === a ? b : a);

/** `next` is about to be named. Both are open from now on, until `renderNamed` sets a time. */
export function renderOffered(subject: string, named: string, next: string, drainMs: number): string {
  const values = [subject, named, next, `${drainMs} ms`].map(escapeLiteral).join(", ");
  return `insert into tenantry.rotations (subject, named, next, drain) values (${values})
on conflict (subject) do update set named = excluded.named, next = excluded.next, drain = excluded.drain, closes_at = null`;
}

/** The secret names `next`: the one of before is open for the time that the rotation was begun with. */
export const renderNamed = (subject: string): string =>
  `update tenantry.rotations set named = next, next = null, closes_at = clock_timestamp() + drain ` +
  `where subject = ${escapeLiteral(subject)} and next is not null`;

/** The one of before is closed. */
export const renderClosed = (subject: string): string =>
  `update tenantry.rotations set closes_at = null where subject = ${escapeLiteral(subject)}`;

/** For a query that gives one JSON object: all rotations by subject. */
export const ROTATIONS_SQL = `(select coalesce(json_object_agg(subject, json_build_object('named', named, 'next', next,
      'closing', closes_at is not null,
      'opensMs', greatest(0, ceil(extract(epoch from coalesce(closes_at - clock_timestamp(), '0')) * 1000)))), '{}')
      from tenantry.rotations)`;
