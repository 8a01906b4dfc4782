/** The roles that a cell has once, and what each may do. `database/bootstrap.ts` makes the same ones in SQL. */
import type { CELL_ROLES } from "../registry/names";

export type CellRole = keyof typeof CELL_ROLES;

export interface RoleTraits {
  readonly login: boolean;
  readonly memberOf: readonly CellRole[];
  /** The admin may act as the role (`set true, inherit true`). */
  readonly heldByAdmin: boolean;
}

const group: RoleTraits = { login: false, memberOf: [], heldByAdmin: false };
const held: RoleTraits = { ...group, heldByAdmin: true };
const login: RoleTraits = { ...group, login: true };

export const ROLE_TRAITS: Readonly<Record<CellRole, RoleTraits>> = {
  control: held,
  owner: held,
  migrator: { ...login, memberOf: ["owner"] },
  app: login,
  reader: login,
  pooler: login,
  tenants: group,
};

export const CELL_ROLE_KEYS: readonly CellRole[] = [
  "control",
  "owner",
  "migrator",
  "app",
  "reader",
  "pooler",
  "tenants",
];
