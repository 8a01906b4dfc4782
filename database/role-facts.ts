/** A role as it should be and as it is; what differs, in words and in SQL. Pure. */
import { escapeIdentifier, escapeLiteral } from "pg";

export interface RoleSpec {
  readonly name: string;
  readonly login: boolean;
  /** Connections at a time; -1: no limit. */
  readonly limit: number;
  /** Settings of the role, spelled as PostgreSQL keeps them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly memberOf: readonly string[];
  /** Those of them whose privileges it has and that it cannot become. Undefined: not compared. */
  readonly notAs?: readonly string[];
  /** Who may use the role's privileges, apart from those who administer it. Undefined: not compared. */
  readonly members?: readonly string[];
  /** The ownership mark, a comment. Undefined: a role of the cell, which has none. */
  readonly mark?: string;
}

/** One membership, and who granted it: nobody else can take it back. */
export interface Grant {
  readonly role: string;
  readonly grantor: string;
  /** True when the member may become the role. */
  readonly set: boolean;
}

export interface LiveRole extends Omit<RoleSpec, "memberOf" | "members" | "notAs"> {
  readonly memberOf: readonly Grant[];
  readonly members: readonly Grant[];
  /** What no role of ours has, as `alter role` takes it back: `nocreatedb`. */
  readonly excess: readonly string[];
  /** Databases in which the role has settings of their own. */
  readonly databases: readonly string[];
}

/** One way in which a role differs, and the statement that puts it right. */
export interface RoleFault {
  readonly text: string;
  readonly sql: string;
  /** True when the whole role is not there. */
  readonly missing?: boolean;
}

/** A role of that name that was not made for this tenant. It is never touched. */
export const isForeign = (spec: RoleSpec, live: LiveRole | undefined): boolean =>
  live !== undefined && live.mark !== spec.mark;

/** Everything that differs, in an order in which the statements can run. A role that is missing is made. */
export function roleFaults(spec: RoleSpec, live: LiveRole | undefined): readonly RoleFault[] {
  if (!live) return [{ text: `${spec.name}: missing`, sql: createRole(spec), missing: true }];
  return [...attributeFaults(spec, live), ...settingFaults(spec, live), ...membershipFaults(spec, live)];
}

/** A new role in one text. Its members are granted by their own texts. */
function createRole(spec: RoleSpec): string {
  const name = escapeIdentifier(spec.name);
  const groups = spec.memberOf.length > 0 ? ` in role ${spec.memberOf.map(escapeIdentifier).join(", ")}` : "";
  return [
    `create role ${name} ${spec.login ? "login" : "nologin"} connection limit ${spec.limit}${groups}`,
    ...(spec.notAs ?? []).map((group) => `grant ${escapeIdentifier(group)} to ${name} with set false`),
    ...Object.entries(spec.settings).map(([key, value]) => setSetting(name, key, value)),
    ...(spec.mark === undefined ? [] : [commentOn(spec.name, spec.mark)]),
  ].join(";\n");
}

function attributeFaults(spec: RoleSpec, live: LiveRole): readonly RoleFault[] {
  const name = escapeIdentifier(spec.name);
  const faults: RoleFault[] = [];
  if (live.login !== spec.login) {
    const text = spec.login ? "cannot log in" : "can log in";
    faults.push({ text: `${spec.name}: ${text}`, sql: `alter role ${name} ${spec.login ? "login" : "nologin"}` });
  }
  if (live.limit !== spec.limit) {
    faults.push({
      text: `${spec.name}: ${live.limit} connections instead of ${spec.limit}`,
      sql: `alter role ${name} connection limit ${spec.limit}`,
    });
  }
  return [
    ...faults,
    ...live.excess.map((word) => ({ text: `${spec.name}: not ${word}`, sql: `alter role ${name} ${word}` })),
  ];
}

function settingFaults(spec: RoleSpec, live: LiveRole): readonly RoleFault[] {
  const name = escapeIdentifier(spec.name);
  const wrong = Object.entries(spec.settings)
    .filter(([key, value]) => live.settings[key] !== value)
    .map(([key, value]) => ({
      text: `${spec.name}: ${key} is ${live.settings[key] ?? "not set"} instead of ${value}`,
      sql: setSetting(name, key, value),
    }));
  const more = Object.entries(live.settings)
    .filter(([key]) => spec.settings[key] === undefined)
    .map(([key, value]) => ({
      text: `${spec.name}: ${key} is ${value} instead of not set`,
      sql: `alter role ${name} reset ${settingName(key)}`,
    }));
  const elsewhere = live.databases.map((database) => ({
    text: `${spec.name}: settings of its own in database ${database}`,
    sql: `alter role ${name} in database ${escapeIdentifier(database)} reset all`,
  }));
  return [...wrong, ...more, ...elsewhere];
}

function membershipFaults(spec: RoleSpec, live: LiveRole): readonly RoleFault[] {
  const name = escapeIdentifier(spec.name);
  const groups = live.memberOf.map(({ role }) => role);
  const missing = spec.memberOf
    .filter((group) => !groups.includes(group))
    .map((group) => ({
      text: `${spec.name}: not a member of ${group}`,
      sql: `grant ${escapeIdentifier(group)} to ${name}${spec.notAs?.includes(group) ? " with set false" : ""}`,
    }));
  const usurped = live.memberOf
    .filter(({ role, set }) => set && spec.notAs?.includes(role))
    .map(({ role, grantor }) => ({
      text: `${spec.name}: can become ${role}`,
      sql: `grant ${escapeIdentifier(role)} to ${name} with set false granted by ${escapeIdentifier(grantor)}`,
    }));
  const more = live.memberOf
    .filter(({ role }) => !spec.memberOf.includes(role))
    .map(({ role, grantor }) => ({
      text: `${spec.name}: member of ${role}`,
      sql: `revoke ${escapeIdentifier(role)} from ${name} granted by ${escapeIdentifier(grantor)} cascade`,
    }));
  const strangers = live.members
    .filter(({ role }) => spec.members?.includes(role) === false)
    .map(({ role, grantor }) => ({
      text: `${spec.name}: has the member ${role}`,
      sql: `revoke ${name} from ${escapeIdentifier(role)} granted by ${escapeIdentifier(grantor)} cascade`,
    }));
  return [...missing, ...usurped, ...more, ...strangers];
}

/** Names of settings may be qualified, as `plpgsql.check_asserts`. */
const settingName = (key: string) => key.split(".").map(escapeIdentifier).join(".");

/** A search path is a list, and would be one odd name as one literal. */
const setSetting = (name: string, key: string, value: string) => {
  const values = key === "search_path" ? value.split(", ") : [value];
  return `alter role ${name} set ${settingName(key)} = ${values.map(escapeLiteral).join(", ")}`;
};

const commentOn = (role: string, mark: string) => `comment on role ${escapeIdentifier(role)} is ${escapeLiteral(mark)}`;
