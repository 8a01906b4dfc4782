/** The roles that a cell has once, as they should be, and how they are made. Pure. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { CELL_LOGINS, CELL_ROLES, cellLoginsOf, POOLED_SCHEMA } from "../registry/names";
import { isForeign, type LiveRole, type RoleSpec, roleFaults } from "./role-facts";
import { pairInUse, type Rotations } from "./rotation";
import { markOf } from "./tenant-roles";

const { control, owner, signIn, tenants } = CELL_ROLES;

/** The comment that says that a role is a cell's. One of these names without it is somebody else's, and is never touched. */
export const CELL_MARK = markOf("cell");

const group = (name: string): RoleSpec => ({
  name,
  login: false,
  limit: -1,
  settings: {},
  memberOf: [],
  mark: CELL_MARK,
});
const role = (name: string, login: boolean, more: Partial<RoleSpec> = {}): RoleSpec => ({
  ...group(name),
  login,
  members: [],
  ...more,
});

const LOGIN_SPECS: Readonly<Record<(typeof CELL_LOGINS)[number], Partial<RoleSpec>>> = {
  // What a migrator makes must belong to the owner.
  migrator: { memberOf: [owner], settings: { role: owner, search_path: POOLED_SCHEMA } },
  app: { settings: { search_path: POOLED_SCHEMA } },
  reader: { settings: { search_path: POOLED_SCHEMA, default_transaction_read_only: "on" } },
  pooler: {},
};

/** In the order in which they can be made: whoever others are members of comes first. */
export const cellRoleSpecs = (rotations: Rotations): readonly RoleSpec[] => [
  group(tenants), // its members are the tenants' roles, which are looked at one by one
  role(control, false),
  role(owner, false, { members: Object.values(cellLoginsOf("migrator")) }),
  role(signIn, false),
  ...CELL_LOGINS.flatMap((kind) => loginPair(kind, rotations)),
];

/**
 * Both have the privileges of the first one and the same settings; those who log in as the second are members of the first. They
 * cannot become it: in the drain after a password leaked, its thief could give the first one another password.
 */
function loginPair(kind: (typeof CELL_LOGINS)[number], rotations: Rotations): readonly RoleSpec[] {
  const pair = cellLoginsOf(kind);
  const { open } = pairInUse(pair, rotations[pair.a]);
  const { settings = {}, memberOf = [] } = LOGIN_SPECS[kind];
  return [
    role(pair.a, open.includes(pair.a), { settings, memberOf, members: [pair.b] }),
    role(pair.b, open.includes(pair.b), { settings, memberOf: [pair.a, ...memberOf], notAs: [pair.a] }),
  ];
}

/** The roles that the admin acts as: they own what Tenantry makes. */
export const HELD_ROLES: readonly string[] = [control, owner, signIn];

/** The creator's own grant has the admin option alone: it lets the admin neither act as the role nor use its privileges. */
export const renderHold = (names: readonly string[]): string =>
  `grant ${names.map(escapeIdentifier).join(", ")} to current_user with set true, inherit true`;

export interface StandingRoles {
  /** Roles of the cell that are not there. */
  readonly missing: readonly string[];
  /** Those of `HELD_ROLES` that are there, and that the admin cannot act as. */
  readonly unheld: readonly string[];
}

/**
 * Makes what is missing; one text, one transaction. `prepared`: the cell has a control schema. A login that is made anew has
 * no password, so it is forgotten there that it was given one.
 */
export function renderCellRoles({ missing, unheld }: StandingRoles, prepared: boolean): string {
  const created = cellRoleSpecs({}).filter(({ name }) => missing.includes(name));
  const held = HELD_ROLES.filter((name) => missing.includes(name) || unheld.includes(name));
  const forgotten = `array[${missing.map(escapeLiteral).join(", ")}]::text[]`;
  return [
    ...created.flatMap((spec) => roleFaults(spec, undefined).map(({ sql }) => sql)),
    ...(held.length > 0 ? [renderHold(held)] : []),
    ...(prepared ? [`update tenantry.cell set secrets = secrets - ${forgotten}`] : []),
  ].join(";\n");
}

/** Logins whose time ran out while nobody was there to close them: their sessions end when they are closed. */
export const leftOpen = (rotations: Rotations, live: ReadonlyMap<string, LiveRole>): readonly string[] =>
  cellRoleSpecs(rotations)
    .filter(({ name, login }) => !login && live.get(name)?.login === true)
    .map(({ name }) => name);

/** Roles of the cell's names that are somebody else's, each with what is wrong. */
export function foreignCellRoles(live: ReadonlyMap<string, LiveRole>): Readonly<Record<string, string>> {
  const foreign = cellRoleSpecs({}).filter((spec) => isForeign(spec, live.get(spec.name)));
  return Object.fromEntries(foreign.map(({ name }) => [name, sayForeign(name, live.get(name)?.mark)]));
}

/** `mark`: the comment that the role has. */
export const sayForeign = (name: string, mark: string | null | undefined): string =>
  `role ${name} is not this cell's: its comment is ${mark === undefined || mark === null ? "missing" : `'${mark}'`}`;
