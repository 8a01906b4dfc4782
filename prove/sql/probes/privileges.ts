/** Compares what every login holds with what it should: among all, what is never tried, such as `truncate`. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { qualified } from "../../../database/protection";
import {
  CELL_ROLES,
  CONTROL_SCHEMA,
  loginsOf,
  POOLED_SCHEMA,
  PROBE_SLUGS,
  roleOf,
  schemaOf,
} from "../../../registry/names";
import type { Attempt, Outcome, Probe } from "../../probe";
import type { Catalog } from "../catalog";
import type { SqlTarget } from "../cell";
import { type Held, type ObjectKind, readHeld } from "../privileges";

const NAME = "privileges";
const { app, reader, owner, tenants } = CELL_ROLES;

export const privileges: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack:
    "A login holds a privilege too many, by any membership, on any object: `truncate` and changes of tables among them. This is looked up, not tried.",
  guard:
    "Privileges are exact lists: a tenant's role has rows of its own schema, the application rows of the shared tables, `public` nothing.",
  async run({ admin, cell, catalog }) {
    const roles = new Map<string, Own>();
    for (const { slug, schema, tier } of [...catalog.tenants, ...PROBES]) {
      const { a, b } = loginsOf(slug);
      if (tier !== "pooled") for (const login of [a, b]) roles.set(login, { role: roleOf(slug), schema });
    }
    const attempts: Attempt[] = [];
    const sound = new Map<string, number>();
    const all = await readHeld(admin);
    const reach = reachOf(all, catalog);
    for (const held of all) {
      const own = roles.get(held.login);
      const outcome = isOutOfReach(held, own, reach) ? "nothing" : judge(held, own);
      const key = `${outcome} ${held.login}`;
      if (outcome === "through") attempts.push(told(cell, held, own));
      else sound.set(key, (sound.get(key) ?? 0) + 1);
    }
    return [...attempts, ...[...sound].map(([key, count]) => summary(cell, key, count))];
  },
};

interface Own {
  readonly role: string;
  readonly schema: string;
}

const PROBES = [PROBE_SLUGS.c, PROBE_SLUGS.d].map((slug) => ({
  slug,
  schema: schemaOf(slug),
  tier: "schema" as const,
}));

const ROWS = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/** What a holder may have, as `kind schema` to privileges; `*` is every schema. */
function allowed(holder: string, own: Own | undefined): Readonly<Record<string, readonly string[]>> {
  switch (holder) {
    case "public":
      return { "schema public": ["USAGE"] };
    case app:
      return {
        [`relation ${POOLED_SCHEMA}`]: ROWS,
        [`schema ${POOLED_SCHEMA}`]: ["USAGE"],
        [`schema ${CONTROL_SCHEMA}`]: ["USAGE"],
        [`routine ${CONTROL_SCHEMA}`]: ["EXECUTE"],
        [`routine ${POOLED_SCHEMA}`]: ["EXECUTE"], // sign-in: `call-functions` looks at what they give
        "database ": ["CONNECT"],
      };
    case reader:
      return { ...allowed(app, own), [`relation ${POOLED_SCHEMA}`]: ["SELECT"], [`routine ${POOLED_SCHEMA}`]: [] };
    case own?.role:
      return { [`relation ${own?.schema}`]: ROWS, [`schema ${own?.schema}`]: ["USAGE"] };
    case owner:
      return { [`schema ${CONTROL_SCHEMA}`]: ["USAGE"] };
    case tenants:
    case CELL_ROLES.migrator:
    case CELL_ROLES.pooler:
      return { "database ": ["CONNECT"] };
    default:
      return {};
  }
}

function judge(held: Held, own: Own | undefined): Outcome {
  if (held.kind === "role") return judgeRole(held, own);
  if (OF_SERVER.includes(held.kind) && own === undefined && !isOfCell(held.login)) return "nothing";
  return excessOf(held, own).length === 0 ? "nothing" : "through";
}

/** Of the server, not of tenants: people and monitors may have them, and RDS gives them to its own roles. */
const OF_SERVER: readonly ObjectKind[] = ["foreign_data_wrapper", "parameter", "tablespace"];

const CELL_ROLE_NAMES: readonly string[] = Object.values(CELL_ROLES);
const baseOf = (login: string): string => login.replace(/_[ab]$/, "");
const isOfCell = (login: string): boolean => CELL_ROLE_NAMES.includes(baseOf(login));

function excessOf({ holder, kind, schema, privileges: held }: Held, own: Own | undefined): readonly string[] {
  const list = allowed(holder, own)[`${kind} ${schema}`] ?? [];
  return held.filter((privilege) => !list.includes(privilege));
}

interface Reach {
  /** `login schema`, where the login may use the schema. */
  readonly used: ReadonlySet<string>;
  /** Schemas of applications that make their own functions. */
  readonly made: ReadonlySet<string>;
}

const reachOf = (all: readonly Held[], { routines }: Catalog): Reach => ({
  used: new Set(
    all
      .filter(({ kind, privileges: list }) => kind === "schema" && list.includes("USAGE"))
      .map(({ login, schema }) => `${login} ${schema}`),
  ),
  made: new Set(routines.filter(({ strange }) => strange).map(({ schema }) => schema)),
});

/** PostgreSQL lets everybody execute what somebody makes: that is nothing where the schema is closed, and to whom it belongs. */
const isOutOfReach = ({ kind, holder, login, schema }: Held, own: Own | undefined, { used, made }: Reach): boolean =>
  kind === "routine" &&
  holder === "public" &&
  (own?.schema === schema ? made.has(schema) : !used.has(`${login} ${schema}`));

/** By rows, or by what a standby is sent. */
const REACHES_ALL: readonly string[] = ["SUPERUSER", "BYPASSRLS", "REPLICATION"];

/** Of which no login of a cell or a tenant may be a member, whoever made it. */
const DANGEROUS =
  /^pg_(read_all_data|write_all_data|read_server_files|write_server_files|execute_server_program|maintain)$/;

/** Other logins are people's and monitors': they may be members of what is nobody's. */
function judgeRole({ login, name, privileges: marks }: Held, own: Own | undefined): Outcome {
  const base = baseOf(login);
  if (marks.some((mark) => REACHES_ALL.includes(mark)) || DANGEROUS.test(name)) return "through";
  if (name === login && marks.length === 1) return "nothing";
  // A migrator is the owner of the tables, as docs/threat-model.md tells.
  if (base === CELL_ROLES.migrator && name === owner) return "accepted";
  if (own) return [own.role, tenants].includes(name) && marks.length === 1 ? "nothing" : "through";
  if (isOfCell(login)) return name === base && marks.length === 1 ? "nothing" : "through";
  return CELL_ROLE_NAMES.includes(name) || /^(role|login)_/.test(name) ? "through" : "nothing";
}

function told(cell: string, held: Held, own: Own | undefined): Attempt {
  const { login, kind, holder } = held;
  const target = targetOf(held);
  const list = kind === "role" ? held.privileges : excessOf(held, own);
  const by = holder === login ? "" : ` by ${holder}`;
  return {
    probe: NAME,
    where: cell,
    who: login,
    target: `${kind} ${target}`,
    statement: renderQuestion(held, target, list),
    outcome: "through",
    answer: `${list.join(", ")}${by}`,
  };
}

/** Names of routines have their arguments. */
function targetOf({ kind, schema, name }: Held): string {
  if (schema === "" || kind === "schema") return name;
  return kind === "routine" ? `${escapeIdentifier(schema)}.${name}` : qualified(schema, name);
}

/** How one asks the server for the same. What is held on a column counts; attributes of a role are a login's that becomes it. */
function renderQuestion({ login, kind, name }: Held, target: string, privileges: readonly string[]): string {
  const who = escapeLiteral(login);
  if (kind === "large object") return `select lomacl from pg_largeobject_metadata where oid = ${name}`;
  if (kind === "role") {
    const attributes = "rolsuper, rolbypassrls, rolcreaterole, rolreplication";
    return `select pg_has_role(${who}, oid, 'member'), ${attributes} from pg_roles where rolname = ${escapeLiteral(name)}`;
  }
  const checks = privileges.map((privilege) => {
    const check = kind === "relation" ? checkOf(privilege) : `has_${kind === "routine" ? "function" : kind}_privilege`;
    return `${check}(${who}, ${escapeLiteral(target)}, ${escapeLiteral(privilege)})`;
  });
  return `select ${checks.join(", ")}`;
}

function checkOf(privilege: string): string {
  if (privilege === "USAGE") return "has_sequence_privilege";
  const ofColumns = ["SELECT", "INSERT", "UPDATE", "REFERENCES"].includes(privilege);
  return ofColumns ? "has_any_column_privilege" : "has_table_privilege";
}

/** Of what is as it should be, one line a login. */
function summary(where: string, key: string, count: number): Attempt {
  const [outcome, who = ""] = key.split(" ");
  const accepted = outcome === "accepted";
  return {
    probe: NAME,
    where,
    who,
    target: "all objects",
    statement: `the privileges in the catalog of ${who}, of the roles that it is a member of, and of public`,
    outcome: accepted ? "accepted" : "nothing",
    answer: accepted ? `${count} privileges, which the owner of the tables has` : `${count} privileges, none too many`,
  };
}
