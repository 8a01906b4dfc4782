/** Reaches out of the database: files, programs, other databases of the server. */
import { escapeIdentifier } from "pg";
import type { Attempt, Probe } from "../../probe";
import { attackAs, loginsOf } from "../attack-as";
import type { SqlTarget } from "../cell";
import { isDenied, mustFail, reasonOf } from "../sessions";

const FILES = "files-and-programs";
const DATABASES = "other-databases";

const STATEMENTS = [
  "copy (select 1) to '/tmp/tenantry-probe'",
  "copy (select 1) to program 'cat'",
  "select pg_read_file('PG_VERSION')",
  "select pg_read_binary_file('PG_VERSION')",
  "select pg_ls_dir('.')",
  "select pg_stat_file('PG_VERSION')",
  "select lo_import('/etc/hostname')",
  "select lo_export(0, '/tmp/tenantry-probe')",
  "select pg_ls_logdir()",
  "select pg_reload_conf()",
  "select pg_switch_wal()",
  "select * from pg_hba_file_rules",
  "select * from pg_authid",
  "select * from pg_largeobject",
  "select * from pg_statistic",
];

export const filesAndPrograms: Probe<SqlTarget> = {
  name: FILES,
  layer: "sql",
  attack:
    "Every login reads and writes files of the server, runs programs, and reads passwords and PostgreSQL's own statistics.",
  guard: "PostgreSQL keeps these for superusers and some roles of its own, and no login is a member of those.",
  run: (target) =>
    attackAs(FILES, target, loginsOf(target), () =>
      STATEMENTS.map((statement) => ({ target: "the server", statement, succeeded: mustFail })),
    ),
};

export const otherDatabases: Probe<SqlTarget> = {
  name: DATABASES,
  layer: "sql",
  attack: "Every login connects to every other database of the server.",
  guard: "`connect` is granted to nobody there, and `public` has lost it.",
  async run(target) {
    const { cell, sessions, catalog } = target;
    const attempts: Attempt[] = [];
    for (const { login } of loginsOf(target)) {
      for (const database of catalog.databases) {
        const tried = { probe: DATABASES, where: cell, who: login.user, target: database };
        const statement = `\\connect ${escapeIdentifier(database)}`;
        try {
          await sessions.visit(login, database);
          attempts.push({ ...tried, statement, outcome: "through", answer: "connected" });
        } catch (error) {
          attempts.push({
            ...tried,
            statement,
            outcome: isDenied(error) ? "refused" : "untried",
            answer: reasonOf(error),
          });
        }
      }
    }
    return attempts;
  },
};
