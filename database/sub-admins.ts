/**
 * Createrole roles under which tenants' roles are made, some 200 tenants each. Every statement about roles walks the memberships
 * of whoever runs it, and a creator is a member of all that it made: one admin for thousands of roles would make each new
 * tenant slower than the last.
 */
import { type Client, escapeIdentifier } from "pg";
import { CELL_ROLES, subAdminOf } from "../registry/names";

const TENANTS_EACH = 200;

/** Hands out sub-admins, making them when the others are full. */
export class SubAdmins {
  readonly #load: Map<string, number>;

  /** `existing`: names of those that there are. `used`: the sub-admin of each tenant. */
  constructor(
    private readonly client: Client,
    existing: readonly string[],
    used: readonly (string | null)[],
  ) {
    this.#load = new Map(existing.map((name) => [name, 0]));
    for (const name of used) if (name !== null) this.#load.set(name, (this.#load.get(name) ?? 0) + 1);
  }

  /** The sub-admin for one more tenant. */
  async take(): Promise<string> {
    const free = [...this.#load].find(([, tenants]) => tenants < TENANTS_EACH)?.[0] ?? (await this.#make());
    this.#load.set(free, (this.#load.get(free) ?? 0) + 1);
    return free;
  }

  async #make(): Promise<string> {
    let n = this.#load.size + 1;
    while (this.#load.has(subAdminOf(n))) n += 1;
    const name = subAdminOf(n);
    await this.client.query(renderSubAdmin(name));
    return name;
  }
}

/** It passes on membership in the group that may connect, and may make the schemas that tenants own themselves. */
const renderSubAdmin = (name: string) => `
begin;
create role ${name} nologin createrole;
grant ${name} to current_user with set true, inherit false;
grant ${CELL_ROLES.tenants} to ${name} with admin option, inherit false, set false;
do $$ begin execute format('grant create on database %I to ${escapeIdentifier(name)}', current_database()); end $$;
commit`;
