/**
 * What may become of a tenant's line. A parser cannot see the past; whoever has both the applied lines and the new ones
 * (the provider, at preview) asks here. Lines are those of one cell, or the roster's, which carry cell and region too.
 */
import { splitDrift } from "./lines";

export interface Refusal {
  /** Slug of the tenant, or name of the cell. */
  readonly slug: string;
  /** What is refused and what to do instead. */
  readonly reason: string;
}

type Lines = Readonly<Record<string, string>>;

/** The applied lines (a drift suffix does not matter) against the new ones: refusals by slug, none when all is well. */
export function refusals(olds: Lines, news: Lines): Refusal[] {
  const next = new Map(Object.entries(news).map(([slug, line]) => [slug, identityOf(line)]));
  const slugs = new Map([...next].map(([slug, { id }]) => [id, slug]));
  return Object.entries(olds)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([slug, text]) => {
      const old = identityOf(text);
      const line = next.get(slug);
      const reason = line === undefined ? vanishing(slug, old, slugs.get(old.id)) : changing(old, line);
      return reason === undefined ? [] : [{ slug, reason }];
    });
}

/** The part of a line that may not change freely. */
interface Identity {
  readonly tier: string;
  readonly id: string;
  readonly leaving: boolean;
  readonly tables: string;
  /** `tier@cell` where the tenant still lives, while it moves. */
  readonly from: string | undefined;
  /** Missing in the lines of one cell. */
  readonly cell: string | undefined;
  readonly region: string | undefined;
}

/** Reads loosely: applied lines may have been written by an earlier version. */
function identityOf(text: string): Identity {
  const [tier = "", ...words] = splitDrift(text).line.split(" ");
  const word = (key: string) => words.find((each) => each.startsWith(`${key}=`))?.slice(key.length + 1);
  return {
    tier,
    id: word("id") ?? "",
    leaving: word("status") === "offboarding",
    tables: word("tables") ?? "managed",
    from: word("from"),
    cell: word("cell"),
    region: word("region"),
  };
}

function vanishing(slug: string, old: Identity, successor: string | undefined): string | undefined {
  if (old.leaving) return undefined;
  // In a cell's own lines `from` marks a target that was only prepared. The roster's line is of the tenant itself.
  if (old.from !== undefined && old.cell === undefined) return undefined;
  if (successor !== undefined) {
    return `its id is now under ${successor}: a tenant cannot be renamed, its schema, roles and secret carry the slug; write ${slug} again`;
  }
  return "its line is gone, but it was not offboarded: put the line back with `status: offboarding`, run `up`, then remove it";
}

function changing(old: Identity, next: Identity): string | undefined {
  if (old.id !== next.id) {
    return `its id changed from ${old.id} to ${next.id}, which makes it another tenant: write \`id: ${old.id}\`, or use another slug for the new one`;
  }
  if (old.tables !== next.tables) {
    return `its tables changed from ${old.tables} to ${next.tables}: whose they are is settled when a tenant is added; put it back`;
  }
  return moving(old, next);
}

/** A tenant stays where it lives, or arrives where its move was going to. */
function moving(old: Identity, next: Identity): string | undefined {
  const arrived = old.from !== undefined && next.from === undefined && samePlace(placeOf(old), placeOf(next));
  if (arrived) return undefined;
  const [home, nextHome] = [homeOf(old), homeOf(next)];
  const source = home.cell === undefined || home.tier === "dedicated" ? "" : `, cell: ${home.cell}`;
  const instead = `to move it, keep the new place and write \`from: { tier: ${home.tier}${source} }\` beside it`;
  if (home.tier !== nextHome.tier) return `its tier changed from ${home.tier} to ${nextHome.tier}: ${instead}`;
  if (!samePlace(home, nextHome)) return `its cell changed from ${home.cell} to ${nextHome.cell}: ${instead}`;
  if (old.cell === next.cell && old.region !== next.region) {
    return `its region changed from ${old.region} to ${next.region}, and a server cannot move: put the region back, or move the tenant to another cell`;
  }
  return undefined;
}

interface Place {
  readonly tier: string;
  readonly cell: string | undefined;
}

const placeOf = ({ tier, cell }: Identity): Place => ({ tier, cell });

/** Where the tenant's data is: at the source while `from` stands. */
function homeOf(line: Identity): Place {
  const [tier, cell] = line.from?.split("@") ?? [];
  return tier === undefined ? placeOf(line) : { tier, cell };
}

/** A cell that is not told is no difference: a dedicated tenant is its own, and a cell's own lines do not name it. */
const samePlace = (one: Place, other: Place): boolean =>
  one.tier === other.tier &&
  (one.tier === "dedicated" || one.cell === undefined || other.cell === undefined || one.cell === other.cell);
