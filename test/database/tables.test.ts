/** The SQL files: how they are read, what they may say, and that no table can mix two tenants. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "pgsql-parser";
import { parseDirectives } from "../../database/directives";
import { columnsOf, lookUpsOf } from "../../database/look-up";
import { loadSqlFiles, loadTableFiles } from "../../database/table-files";

const SQL = join(__dirname, "../../sql");
const FILES = loadTableFiles(join(SQL, "tenant"));
const CELL_FILES = loadSqlFiles(join(SQL, "cell"));

/** The parts of a syntax tree that the rules look at. */
interface Constraint {
  readonly contype: string;
  readonly keys?: readonly Text[];
  readonly fk_attrs?: readonly Text[];
  readonly pk_attrs?: readonly Text[];
}
interface Text {
  readonly String: { readonly sval: string };
}
interface Column {
  readonly colname: string;
  readonly typeName: { readonly names: readonly Text[] };
  readonly constraints?: readonly { readonly Constraint: Constraint }[];
}
interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
}
interface Index {
  readonly table: string;
  readonly unique: boolean;
  readonly columns: readonly string[];
}

const statements: { readonly file: string; readonly kind: string; readonly node: Record<string, never> }[] = [];
beforeAll(async () => {
  for (const { name, sql } of FILES) {
    for (const { stmt } of (await parse(sql)).stmts ?? []) {
      for (const [kind, node] of Object.entries(stmt ?? {})) statements.push({ file: name, kind, node: node as never });
    }
  }
});

const names = (texts: readonly Text[] = []) => texts.map((text) => text.String.sval);
const of = (kind: string) => statements.filter((statement) => statement.kind === kind).map(({ node }) => node);

function tables(): readonly Table[] {
  return of("CreateStmt").map(
    ({ relation, tableElts = [] }: { relation?: { relname: string }; tableElts?: unknown[] }) => {
      const elements = tableElts as { ColumnDef?: Column; Constraint?: Constraint }[];
      return {
        name: relation?.relname ?? "",
        columns: elements.flatMap(({ ColumnDef }) => (ColumnDef ? [ColumnDef] : [])),
        constraints: elements.flatMap(({ Constraint }) => (Constraint ? [Constraint] : [])),
      };
    },
  );
}

function indexes(): readonly Index[] {
  return of("IndexStmt").map((node: { relation?: { relname: string }; unique?: boolean; indexParams?: unknown[] }) => ({
    table: node.relation?.relname ?? "",
    unique: node.unique ?? false,
    columns: ((node.indexParams ?? []) as { IndexElem: { name: string } }[]).map(({ IndexElem }) => IndexElem.name),
  }));
}

describe("the shipped tables", () => {
  test("are the thirteen of an event-streaming product with billing, and only tables stand in the files", () => {
    expect(
      tables()
        .map(({ name }) => name)
        .slice(0, 13),
    ).toEqual([
      "organizations",
      "users",
      "organization_members",
      "api_keys",
      "topics",
      "partitions",
      "consumer_offsets",
      "partition_leases",
      "usage_events",
      "payment_methods",
      "subscriptions",
      "invoices",
      "events",
    ]);
    expect([...new Set(statements.map(({ kind }) => kind))].sort()).toEqual(["CommentStmt", "CreateStmt", "IndexStmt"]);
  });

  test("have a tenant_id that is never null, and no constraint that leaves it out", () => {
    for (const { name, columns, constraints } of tables()) {
      const tenant = columns[0];
      expect([name, tenant?.colname, names(tenant?.typeName.names)]).toEqual([name, "tenant_id", ["uuid"]]);
      expect(tenant?.constraints?.map(({ Constraint }) => Constraint.contype)).toEqual(["CONSTR_NOTNULL"]);
      const kinds = constraints.map(({ contype }) => contype);
      expect([name, kinds.filter((kind) => kind === "CONSTR_PRIMARY")]).toEqual([name, ["CONSTR_PRIMARY"]]);
      for (const constraint of constraints) {
        if (constraint.contype === "CONSTR_CHECK") continue;
        const { keys, fk_attrs, pk_attrs } = constraint;
        const first =
          constraint.contype === "CONSTR_FOREIGN" ? [names(fk_attrs)[0], names(pk_attrs)[0]] : [names(keys)[0]];
        expect([name, constraint.contype, ...new Set(first)]).toEqual([name, constraint.contype, "tenant_id"]);
      }
      // Written at a column, a key or reference could not have the tenant in it.
      const inline = columns.flatMap((column) => column.constraints ?? []).map(({ Constraint }) => Constraint.contype);
      expect(inline.filter((kind) => /PRIMARY|UNIQUE|FOREIGN/.test(kind))).toEqual([]);
    }
    for (const { table, unique, columns } of indexes()) {
      if (unique) expect([table, columns[0]]).toEqual([table, "tenant_id"]);
    }
  });

  test("have an index for every foreign key, from the side that refers", () => {
    for (const { name, constraints } of tables()) {
      const keys = constraints.filter(({ keys }) => keys).map(({ keys }) => names(keys));
      const searchable = [
        ...keys,
        ...indexes()
          .filter(({ table }) => table === name)
          .map(({ columns }) => columns),
      ];
      for (const { fk_attrs } of constraints.filter(({ contype }) => contype === "CONSTR_FOREIGN")) {
        const wanted = [...names(fk_attrs)].sort().join();
        const found = searchable.some(
          (columns) => [...columns.slice(0, names(fk_attrs).length)].sort().join() === wanted,
        );
        expect([name, wanted, found]).toEqual([name, wanted, true]);
      }
    }
  });

  test("have directives that speak of tables and columns that exist", () => {
    const columns = new Set(
      tables().flatMap(({ name, columns }) => columns.map(({ colname }) => `${name}.${colname}`)),
    );
    for (const lookUp of lookUpsOf(FILES)) {
      for (const column of columnsOf(lookUp)) expect(columns).toContain(`${lookUp.table}.${column}`);
    }
    expect(lookUpsOf(FILES).map(({ name }) => name)).toEqual(["tenant_of_api_key", "tenants_of_email"]);
    for (const { appendOnly, quotas } of FILES) {
      for (const table of appendOnly) expect(columns).toContain(`${table}.tenant_id`);
      for (const { measure } of quotas) {
        if (measure.kind === "count") expect(columns).toContain(`${measure.table}.${measure.per ?? "tenant_id"}`);
        if (measure.kind === "sum") {
          const used = [measure.column, measure.monthOf, ...(measure.where ? [measure.where.column] : [])];
          for (const column of used) expect(columns).toContain(`${measure.table}.${column}`);
        }
      }
    }
    expect(FILES.flatMap(({ quotas }) => quotas.map(({ name }) => name))).toEqual([
      "topics",
      "partitionsPerTopic",
      "messagesPerMonth",
      "storageGb",
    ]);
    expect(FILES.flatMap(({ appendOnly }) => appendOnly)).toEqual(["usage_events", "events"]);
  });

  test("each say what they are for", () => {
    const commented = of("CommentStmt").filter(({ objtype }) => objtype === "OBJECT_TABLE");
    expect(commented).toHaveLength(tables().length);
  });
});

describe("every SQL file", () => {
  test.each([...FILES, ...CELL_FILES])(
    "$name parses, is in lower case, grants no `all` and leaves transactions alone",
    async ({ sql }) => {
      expect((await parse(sql)).stmts?.length).toBeGreaterThan(0);
      const bare = sql.replaceAll(/--.*$/gm, "").replaceAll(/'(''|[^'])*'/g, "''");
      expect(bare.match(/[A-Z]+/)?.[0]).toBeUndefined();
      expect(bare).not.toMatch(/grant all|\bif not exists\b|^\\|^\s*(begin|commit|rollback)\s*;/m);
      expect(bare).not.toMatch(/security definer(?![^;]*set search_path = pg_catalog, pg_temp)/);
    },
  );
});

describe("reading files", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tenantry-files-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, sql] of Object.entries(files)) writeFileSync(join(dir, name), sql);
    return dir;
  };

  test("in the order of their numbers, with digest and directives", () => {
    write({
      "0002_b.sql": "--! append-only: b, c\nselect 2;",
      "0001_a_b2.sql": "--! quota: a count a\n",
      "README.md": "",
    });
    expect(loadTableFiles(dir)).toMatchObject([
      { name: "0001_a_b2.sql", quotas: [{ name: "a", measure: { kind: "count", table: "a" } }], appendOnly: [] },
      { name: "0002_b.sql", digest: expect.stringMatching(/^[0-9a-f]{12}$/), quotas: [], appendOnly: ["b", "c"] },
    ]);
  });

  test.each([
    [{ "1_a.sql": "" }, "no name for an SQL file"],
    [{ "0001_A.sql": "" }, "no name for an SQL file"],
    [{ "0001-a.sql": "" }, "no name for an SQL file"],
    [{ "0002_a.sql": "" }, "leaves a gap"],
    [{ "0001_a.sql": "", "0003_b.sql": "" }, "leaves a gap"],
    [{ "0001_a.sql": "", "0001_b.sql": "" }, "the number here is 0002"],
    [{ "0000_a.sql": "" }, "a number that is taken"],
  ])("refuses %j", (files, message) => {
    expect(() => loadSqlFiles(write(files))).toThrow(message);
  });

  test("refuses a quota that two files declare", () => {
    write({ "0001_a.sql": "--! quota: a count a", "0002_b.sql": "--! quota: a storage" });
    expect(() => loadTableFiles(dir)).toThrow(/declared in 0001_a.sql and in 0002_b.sql.*TN-332/);
  });
});

describe("directives", () => {
  const quota = (rule: string) => parseDirectives("f.sql", `--! quota: q ${rule}\n`).quotas[0]?.measure;

  test("measure rows, sums over a month, and storage", () => {
    expect(quota("count topics")).toEqual({ kind: "count", table: "topics" });
    expect(quota("count partitions per topic_id")).toEqual({ kind: "count", table: "partitions", per: "topic_id" });
    expect(quota("sum u.n per month of at")).toEqual({ kind: "sum", table: "u", column: "n", monthOf: "at" });
    expect(quota("sum u.n where m = x per month of at")).toMatchObject({ where: { column: "m", value: "x" } });
    expect(quota("storage")).toEqual({ kind: "storage" });
  });

  const lookUp = (text: string) => parseDirectives("f.sql", `--! sign-in: ${text}\n`).lookUps[0];

  test("name what sign-in looks up, under which conditions, and what that gives", () => {
    expect(lookUp("tenants_of_email by users.email")).toEqual({
      name: "tenants_of_email",
      table: "users",
      column: "email",
      where: [],
      gives: [],
    });
    expect(lookUp("tenant_of_key by k.h where a is null, b is null or later, c = on gives id, scopes")).toMatchObject({
      where: [
        { is: "null", column: "a" },
        { is: "null or later", column: "b" },
        { is: "word", column: "c", word: "on" },
      ],
      gives: ["id", "scopes"],
    });
  });

  test("say anew what an applied file says of a look-up, or take it back", () => {
    const files = ["tenant_of_a by t.a", "tenant_of_b by t.b", "tenant_of_a by t.c", "tenant_of_b none"];
    const found = lookUpsOf(files.map((text) => parseDirectives("f.sql", `--! sign-in: ${text}\n`)));
    expect(found).toMatchObject([{ name: "tenant_of_a", column: "c" }]);
  });

  test.each([
    "--! sign-in: tenants_of_email",
    "--! sign-in: email by users.email",
    "--! sign-in: tenant_of_ by users.email",
    "--! sign-in: tenants_of_email by email",
    "--! sign-in: tenants_of_email by users.email where",
    "--! sign-in: tenants_of_email by users.email where status",
    "--! sign-in: tenants_of_email by users.email where status = 'active'",
    "--! sign-in: tenants_of_email by users.email where status = active or true",
    "--! sign-in: tenants_of_email by users.email where a is null and b is null",
    "--! sign-in: tenants_of_email by users.email gives slug",
    "--! sign-in: tenants_of_email by users.email gives id, id",
    "--! sign-in: tenants_of_email by users.email gives *",
    "--! quota: topics",
    "--! quota: Topics count topics",
    "--! quota: aNameOfTwentyOneChars count topics",
    "--! quota: t count topics;drop",
    "--! quota: t sum topics per month of at",
    "--! append-only:",
    "--! append-only: a b",
    "--! apend-only: a",
    "--! partition: a",
    "--!",
  ])("refuses `%s`, with its place", (line) => {
    expect(() => parseDirectives("0001_a.sql", `-- a\n${line}\n`)).toThrow(/^0001_a.sql:2: cannot read .* \[TN-332\]$/);
  });

  test("stand above the first statement", () => {
    expect(() => parseDirectives("a.sql", "select 1;\n--! append-only: a\n")).toThrow("above the first statement");
  });
});
