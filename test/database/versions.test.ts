/** What protects tenants on PostgreSQL 17, seen to do so on 16 and 18. */
import { join } from "node:path";
import { runLints } from "../../database/lint";
import { loadLints } from "../../database/lints";
import { diffShapes, readShape } from "../../database/shape";
import { attempt, failure, type GuardedCell, idsOf, startGuardedCell, subjectOf } from "./guarded-cell";
import { SQL_DIR } from "./test-cell";

describe.each([16, 18] as const)("PostgreSQL %i", (major) => {
  let cell: GuardedCell;
  beforeAll(async () => {
    cell = await startGuardedCell(major);
  });
  afterAll(() => cell?.stop());

  test("tells pooled tenants apart, and refuses what is not signed", async () => {
    const app = await cell.session("app");
    const [cedar, fir] = [cell.context(idsOf.cedar), cell.context(idsOf.fir)];
    const insert = "insert into pooled.topics (name) values ('orders') returning tenant_id";
    expect(await attempt(app, cedar, insert)).toEqual([[idsOf.cedar]]);
    await app.query("begin");
    await app.query("select set_config('tenantry.context', $1, true)", [cedar]);
    await app.query(`${insert}; commit`);
    expect(await attempt(app, fir, "select * from pooled.topics")).toEqual([]);
    expect(await attempt(app, undefined, "select * from pooled.topics")).toEqual([]);
    expect(await failure(app, `${cedar.slice(0, -1)}g`, "select * from pooled.topics")).toBe("42501");
    expect(await failure(app, fir, `insert into pooled.topics (tenant_id, name) values ('${idsOf.cedar}', 'x')`)).toBe(
      "42501",
    );
    expect(await failure(app, cedar, "truncate pooled.topics cascade")).toBe("42501");
    expect(await failure(cell.admin, undefined, "select * from pooled.topics")).toBe("42501");
  });

  test("runs all lints, which find nothing", async () => {
    await cell.admin.query("begin read only");
    const findings = await runLints(cell.admin, loadLints(join(SQL_DIR, "lint")), {
      extensions: [],
      floors: undefined,
    });
    await cell.admin.query("rollback");
    expect(findings).toEqual([]);
  });

  test("keeps schemas apart", async () => {
    const birch = await cell.session("birch");
    expect(await failure(birch, undefined, "select * from topics")).toBe("none");
    expect(await failure(birch, undefined, "select * from tenant_elm.topics")).toBe("42501");
    expect(await failure(birch, undefined, `insert into topics (tenant_id, name) values ('${idsOf.elm}', 'x')`)).toBe(
      "23514",
    );
  });

  test("has one shape for all tenants, told from one that drifted, and repairs it", async () => {
    const [birch, elm] = [
      await readShape(cell.admin, subjectOf("tenant_birch")),
      await readShape(cell.admin, subjectOf("tenant_elm")),
    ];
    expect(birch).toEqual(elm);
    const pooled = await readShape(cell.admin, subjectOf("pooled"));
    await cell.asOwner(`drop policy tenant_wall on pooled.users; alter table pooled.users no force row level security;
      grant all on pooled.topics to public; revoke insert on tenant_birch.topics from role_birch;
      alter table tenant_birch.topics drop constraint tenant_wall, alter tenant_id drop default`);
    const drifted = await readShape(cell.admin, subjectOf("tenant_birch"));
    expect(drifted.digest).not.toBe(birch.digest);
    expect(diffShapes(birch.items, drifted.items, subjectOf("tenant_birch"))).toBe(
      "topics constraint tenant_wall: missing; topics: insert missing for role_birch; topics.tenant_id default: missing",
    );
    await cell.guard("pooled");
    await cell.guard("tenant_birch");
    expect(await readShape(cell.admin, subjectOf("tenant_birch"))).toEqual(birch);
    expect(await readShape(cell.admin, subjectOf("pooled"))).toEqual(pooled);
  });
});
