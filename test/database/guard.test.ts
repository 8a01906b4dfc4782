/** Whatever is done to a schema, its shape names it and the guard repairs it, and where all is right it touches nothing. */
import { diffShapes, readShape, readShapes, type Shape } from "../../database/shape";
import { type GuardedCell, startGuardedCell, subjectOf } from "./guarded-cell";
import { BIRCH, POOLED, SABOTAGE, STRANGE } from "./sabotage";

let cell: GuardedCell;
let right: Readonly<Record<string, Shape>>;
beforeAll(async () => {
  cell = await startGuardedCell();
  right = {
    [POOLED]: await readShape(cell.admin, subjectOf(POOLED)),
    [BIRCH]: await readShape(cell.admin, subjectOf(BIRCH)),
  };
  await cell.tamper("create role stranger; grant stranger to tenantry_admin with admin true, inherit false, set false");
});
afterAll(() => cell?.stop());

/** What the schema looked like before anything was done to it. */
function shapeOf(schema: string): Shape {
  const shape = right[schema];
  if (!shape) throw new Error(`no shape of ${schema}`);
  return shape;
}

test.each(SABOTAGE)("somebody $does", async ({ schema, sql, says, by }) => {
  const before = shapeOf(schema);
  if (by === "superuser") await cell.tamper(sql);
  else await cell.asOwner(sql);
  const after = await readShape(cell.admin, subjectOf(schema));
  expect(after.digest).not.toBe(before.digest);
  expect(diffShapes(before.items, after.items, subjectOf(schema))).toContain(says);
  await cell.guard(schema);
  const repaired = await readShape(cell.admin, subjectOf(schema));
  expect(diffShapes(before.items, repaired.items)).toBe("");
  expect(repaired.digest).toBe(before.digest);
});

test("all at once is repaired at once", async () => {
  for (const schema of [POOLED, BIRCH]) {
    const before = shapeOf(schema);
    for (const one of SABOTAGE.filter((each) => each.schema === schema && !each.does.includes("operator"))) {
      await cell.tamper(`set role ${one.by === "superuser" ? "none" : "tenantry_owner"}; ${one.sql}`).catch((error) => {
        // Some contradict each other: what is dropped cannot be changed, what is another's cannot be given.
        expect(error.code).toMatch(/^(42704|42710|42501|42883)$/);
      });
    }
    await cell.guard(schema);
    expect(diffShapes(before.items, (await readShape(cell.admin, subjectOf(schema))).items)).toBe("");
  }
});

test("where all is right, the repair locks no table, whatever names its caller would find", async () => {
  await cell.admin.query("set search_path = pooled, tenantry, tenant_birch; set lock_timeout = '100ms'");
  for (const schema of [POOLED, BIRCH]) {
    const reader = await cell.session("migrator");
    await reader.query(`begin; lock table ${schema}.topics, ${schema}.users in access share mode`);
    await cell.guard(schema);
    await reader.query("rollback");
  }
  const { rows } = await cell.admin.query("select current_setting('search_path') as path, current_user as role");
  expect(rows).toEqual([{ path: "pooled, tenantry, tenant_birch", role: "tenantry_admin" }]);
  await cell.admin.query("set search_path = pg_catalog; reset lock_timeout");
});

test("what belongs to a role beyond the admin's reach is named, with what to run", async () => {
  await cell.tamper("alter table tenant_birch.topics owner to stranger");
  await expect(cell.guard(BIRCH)).rejects.toMatchObject({
    code: "42501",
    message: expect.stringMatching(
      /^tenant_birch\.topics belongs to stranger.*run: alter table tenant_birch\.topics owner to tenantry_owner$/,
    ),
  });
  await cell.tamper("alter table tenant_birch.topics owner to tenantry_owner");
});

test("what a migrator made as itself keeps nothing from being repaired", async () => {
  const migrator = await cell.session("migrator");
  await migrator.query(`set role none; create table tenant_birch.mine (tenant_id uuid);
    set role tenantry_owner; grant select on tenant_birch.users to role_elm`);
  await cell.guard(BIRCH);
  const { items } = await readShape(cell.admin, subjectOf(BIRCH));
  expect(diffShapes(shapeOf(BIRCH).items, items)).toBe("mine: not expected");
  const { rows } = await cell.admin.query(
    "select pg_has_role('tenantry_migrator', 'usage') as usage, pg_has_role('tenantry_migrator', 'set') as set",
  );
  expect(rows).toEqual([{ usage: false, set: false }]);
  await cell.asOwner("drop table tenant_birch.mine");
});

describe("the shape", () => {
  test.each(STRANGE)("names %s", async (_, sql, says) => {
    const before = shapeOf(BIRCH);
    await cell.tamper("grant create on schema public to tenantry_owner");
    await cell.admin.query(`begin; set local role tenantry_owner; set local search_path = pg_catalog; ${sql}`);
    const after = await readShape(cell.admin, subjectOf(BIRCH));
    await cell.admin.query("rollback");
    expect(after.digest).not.toBe(before.digest);
    expect(diffShapes(before.items, after.items)).toContain(says);
  });

  test("names a rule of a view, which would read with the rights of the view's owner", async () => {
    const shape = () => readShape(cell.admin, subjectOf(BIRCH));
    await cell.admin.query(`begin; set local role tenantry_owner; set local search_path = pg_catalog;
      create view tenant_birch.seen with (security_invoker) as select 1 as one; grant insert on tenant_birch.seen to role_birch`);
    const before = await shape();
    await cell.admin.query(
      "create rule r as on insert to tenant_birch.seen do instead select name from tenant_elm.users",
    );
    const after = await shape();
    await cell.admin.query("rollback");
    expect(after.digest).not.toBe(before.digest);
    expect(diffShapes(before.items, after.items)).toBe("seen rule r: not expected");
  });

  test("is the same for all tenants with the same files, and says nothing of whom it is", async () => {
    const [birch, elm] = await Promise.all(
      [BIRCH, "tenant_elm"].map((schema) => readShape(cell.admin, subjectOf(schema))),
    );
    expect(birch).toEqual(elm);
    expect(birch?.items.join()).not.toMatch(/birch|elm/);
    const many = await readShapes(cell.admin, [BIRCH, "tenant_elm", "tenant_nobody"].map(subjectOf));
    expect([...many]).toEqual([
      [BIRCH, birch?.digest],
      ["tenant_elm", elm?.digest],
    ]);
  });

  test("a column that was dropped and made again is no difference to anybody", async () => {
    const before = shapeOf(BIRCH);
    await cell.admin.query(`begin; set local role tenantry_owner; alter table tenant_birch.users drop column last_login_at;
      alter table tenant_birch.users add column last_login_at timestamptz`);
    const after = await readShape(cell.admin, subjectOf(BIRCH));
    await cell.admin.query("rollback");
    expect(diffShapes(before.items, after.items)).toBe("");
  });
});
