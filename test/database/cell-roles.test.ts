/** The roles that a cell has once: made by the reconciler, kept as they should be, and never taken from anybody. */
import { Client } from "pg";
import { withClient } from "../../database/connect";
import { reconcile } from "../../database/reconcile";
import { line, PLANS, SQL_DIR, startTestCell, type TestCell } from "./test-cell";

let cell: TestCell;
const lines = { birch: line("birch", "schema"), cedar: line("cedar", "pooled") };

beforeAll(async () => {
  cell = await startTestCell(18);
});
afterAll(() => cell.stop());

const liveRoles = () =>
  cell.tamper(`
    select rolname as name, rolcanlogin as login, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls
        or not rolinherit or rolconnlimit <> -1 as special,
      pg_has_role('tenantry_admin', oid, 'set') and pg_has_role('tenantry_admin', oid, 'usage') as held,
      array(select g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid order by 1)::text[] as groups,
      shobj_description(oid, 'pg_authid') as mark
    from pg_roles r where rolname ~ '^tenantry_' and rolname !~ '^tenantry_admin' order by 1`);

const role = (name: string, login: boolean, more: object = {}) => ({
  name: `tenantry_${name}`,
  login,
  special: false,
  held: false,
  groups: [],
  mark: "tenantry cell",
  ...more,
});

test("a role of a cell's name that somebody else made is refused, not adopted, until it is said to be ours", async () => {
  await cell.tamper("create role tenantry_app login superuser password 'known'");
  await expect(cell.up(lines)).rejects.toThrow(
    /role tenantry_app is not this cell's: its comment is missing; Tenantry adopts nothing.*comment on role tenantry_app is 'tenantry cell' \[TN-308\]/,
  );
  expect(await cell.tamper("select rolsuper from pg_roles where rolname = 'tenantry_app'")).toEqual([
    { rolsuper: true },
  ]);
  expect(await liveRoles()).toHaveLength(1);
  await cell.tamper("comment on role tenantry_app is 'tenantry cell'");
  await expect(cell.up(lines)).rejects.toThrow(/tenantry_admin cannot grant membership in tenantry_app.*TN-304/);
  await cell.tamper("drop role tenantry_app");
});

test("the first run makes them all, the admin acts as the owners alone, and only they may connect", async () => {
  await cell.settle(lines);
  expect(await liveRoles()).toEqual([
    role("app", true),
    role("app_b", false, { groups: ["tenantry_app"] }),
    role("control", false, { held: true }),
    role("migrator", true, { groups: ["tenantry_owner"] }),
    role("migrator_b", false, { groups: ["tenantry_migrator", "tenantry_owner"] }),
    role("owner", false, { held: true }),
    role("pooler", true),
    role("pooler_b", false, { groups: ["tenantry_pooler"] }),
    role("reader", true),
    role("reader_b", false, { groups: ["tenantry_reader"] }),
    role("sign_in", false, { held: true }),
    role("tenants", false),
  ]);
  const may = await cell.tamper(`
    select coalesce(r.rolname, 'public') as name, string_agg(privilege_type, ' ') as privileges
      from pg_database cross join aclexplode(datacl) a left join pg_roles r on r.oid = a.grantee
     where datname = 'app' and r.rolname is distinct from 'tenantry_admin' group by 1 order by 1`);
  const connect = (name: string) => ({ name: `tenantry_${name}`, privileges: "CONNECT" });
  const [subAdmin, ...logins] = may;
  expect(subAdmin).toEqual({ name: "tenantry_admin_001", privileges: "CREATE" });
  expect(logins).toEqual(["app", "migrator", "pooler", "reader", "tenants"].map(connect));
});

test("one that was dropped is told, and comes back with the password that Vault holds", async () => {
  await cell.tamper("revoke all on database app from tenantry_pooler; drop role tenantry_pooler");
  expect((await cell.report()).shared).toMatchObject({ tenantry_pooler: "tenantry_pooler: missing" });
  await cell.settle(lines);
  expect((await cell.report()).shared).toEqual({});
  expect(await cell.as("cells/eu-1/pooler", "select current_user::text as name")).toEqual([
    { name: "tenantry_pooler" },
  ]);
});

test("a mark that is gone is told at refresh, and the next run refuses", async () => {
  await cell.tamper("comment on role tenantry_reader is null");
  expect((await cell.report()).shared).toEqual({
    tenantry_reader: "role tenantry_reader is not this cell's: its comment is missing",
  });
  await expect(cell.up(lines)).rejects.toThrow("TN-308");
  await cell.tamper("comment on role tenantry_reader is 'tenantry cell'");
  await cell.settle(lines);
});

test("an admin that lost a role which it acts as gets it back", async () => {
  const lose = (name: string) => cell.tamper(`revoke ${name} from tenantry_admin granted by tenantry_admin`);
  await lose("tenantry_owner");
  expect((await cell.report()).shared).toMatchObject({
    tenantry_owner: expect.stringContaining("the admin cannot act as it"),
  });
  await lose("tenantry_control");
  await expect(cell.report()).rejects.toThrow(/cannot act as tenantry_control any more.*TN-304/);
  await cell.settle(lines);
  expect((await cell.report()).shared).toEqual({});
});

test("a second cell on one server is refused: it would take the first one's logins", async () => {
  const second = { connection: { ...cell.connection, database: "second" }, desired: { cell: "eu-2", plans: PLANS } };
  const up = (tenants: Record<string, string>) =>
    reconcile({ ...second, desired: { ...second.desired, tenants }, secrets: cell.store, sqlDir: SQL_DIR });
  await cell.tamper("create database second owner tenantry_admin");
  await expect(up({})).rejects.toThrow(/database app of this server is a cell already.*\[TN-306\]/);
  const open = "select current_user::text as name";
  expect(await cell.as("cells/eu-1/app", open)).toEqual([{ name: "tenantry_app" }]);
  await cell.tamper("drop database second");
  // A copy of a cell beside it, as one makes to look something up, keeps nobody from serving the cell.
  await cell.tamper("create database app_copy template template0 owner tenantry_admin");
  await withClient(
    { connection: { ...cell.connection, database: "app_copy" }, cell: "eu-1", purpose: "test" },
    (copy) => copy.query("create schema tenantry authorization tenantry_control"),
  );
  await cell.tamper("revoke all on database app_copy from public");
  await cell.settle(lines);
  await cell.tamper("drop database app_copy");
});

test("a database beside the cell's that everybody may enter is told until its owner closes it: each tenant could, too", async () => {
  await cell.tamper("create database shop owner tenantry_admin");
  const enter = async () => {
    const [user, password] = ["username", "password"].map((key) => cell.store.value("tenants/birch/db", key));
    const client = new Client({ host: cell.server.host, port: cell.server.port, database: "shop", user, password });
    await client.connect().finally(() => client.end());
  };
  const told = expect.stringMatching(/^everybody may connect.*revoke connect on database "shop" from public$/);
  await enter();
  expect((await cell.report()).shared).toEqual({ "database shop": told });
  const { failures } = await cell.up(lines);
  expect(failures).toEqual([{ subject: "cell", reason: expect.stringMatching(/^database shop: everybody.*TN-317/) }]);
  await cell.tamper("revoke connect on database shop from public");
  await expect(enter()).rejects.toThrow("permission denied for database");
  await cell.settle(lines);
  await cell.tamper("drop database shop");
});
