/**
 * A look-up of sign-in: what the pooled application may ask before the tenant is known, as a table file declares it:
 *
 *     --! sign-in: tenant_of_api_key by api_keys.key_hash where revoked_at is null, expires_at is null or later gives id, scopes
 *     --! sign-in: tenants_of_email by users.email where status = active
 *     --! sign-in: tenants_of_phone none
 */
export interface LookUp {
  /** Of its function: `tenant_of_<word>` answers with one tenant or none, `tenants_of_<word>` with every one. */
  readonly name: string;
  readonly table: string;
  /** Equal to what is asked for, exactly. */
  readonly column: string;
  /** What must hold of the row too. */
  readonly where: readonly Condition[];
  /** Columns that the answer has beside the tenant's slug. */
  readonly gives: readonly string[];
}

type Condition =
  | { readonly is: "null"; readonly column: string }
  | { readonly is: "word"; readonly column: string; readonly word: string }
  /** A time that has not come yet, or none. */
  | { readonly is: "null or later"; readonly column: string };

/** Applied files never change, so a later one declares a look-up anew, or takes it back. */
export type DeclaredLookUp = LookUp | { readonly name: string; readonly none: true };

/** What to say of a directive that is none. */
export const LOOK_UP_FORM =
  "a look-up is `tenant_of_<word>` (one tenant or none) or `tenants_of_<word>` (every one), then `by <table>.<column>`, " +
  "`where <condition>, <condition>` of `<column> is null`, `<column> is null or later` and `<column> = <word>`, " +
  "and `gives <column>, <column>`, without `slug`, which is always given; or its name and `none`";

const WORD = "[a-z][a-z0-9_]*";
const NAME = `tenants?_of_${WORD}`;
const NONE = new RegExp(`^(${NAME}) none$`);
const LOOK_UP = new RegExp(`^(${NAME}) by (${WORD})\\.(${WORD})(?: where (.+?))?(?: gives (${WORD}(?:, *${WORD})*))?$`);
const CONDITION = new RegExp(`^(${WORD}) (?:is (null|null or later)|= (${WORD}))$`);

/** Undefined for a text that is none. */
export function parseLookUp(text: string): DeclaredLookUp | undefined {
  const [, withdrawn] = NONE.exec(text) ?? [];
  if (withdrawn !== undefined) return { name: withdrawn, none: true };
  const [, name, table, column, conditions, given] = LOOK_UP.exec(text) ?? [];
  if (name === undefined || table === undefined || column === undefined) return undefined;
  const where = listOf(conditions).map(parseCondition);
  const gives = listOf(given);
  const whole = where.filter((condition) => condition !== undefined);
  if (whole.length < where.length || gives.includes("slug") || new Set(gives).size < gives.length) return undefined;
  return { name, table, column, where: whole, gives };
}

/** Those that are in force: of each name, what was declared last. */
export function lookUpsOf(files: readonly { readonly lookUps: readonly DeclaredLookUp[] }[]): readonly LookUp[] {
  const last = new Map(files.flatMap(({ lookUps }) => lookUps.map((lookUp) => [lookUp.name, lookUp] as const)));
  return [...last.values()].flatMap((lookUp) => ("none" in lookUp ? [] : [lookUp]));
}

/** All columns that the look-up reads. */
export const columnsOf = ({ column, where, gives }: LookUp): readonly string[] => [
  ...new Set(["tenant_id", column, ...where.map((condition) => condition.column), ...gives]),
];

function parseCondition(text: string): Condition | undefined {
  const [, column, is, word] = CONDITION.exec(text) ?? [];
  if (column === undefined) return undefined;
  if (word !== undefined) return { is: "word", column, word };
  return { is: is === "null" ? "null" : "null or later", column };
}

const listOf = (text: string | undefined): readonly string[] => text?.split(/, */) ?? [];
