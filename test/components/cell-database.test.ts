import { bootstrapCell } from "../../database/bootstrap";
import { withClient } from "../../database/connect";
import type { Connection } from "../../database/types";
import { startTestServer, type TestServer } from "../server";
import { estateOf, lineOf, sharedCell } from "./estates";
import { type EstateRecording, ofType, one, readable, recordEstate } from "./registrations";

const ROLE = "postgresql:index/role:Role";
const GRANT = "postgresql:index/grant:Grant";
const CELL = { ...sharedCell("eu-1", { cedar: lineOf("cedar", "pooled") }), extensions: ["pg_trgm", "btree_gin"] };

let estate: EstateRecording;
beforeAll(async () => {
  estate = await recordEstate(estateOf([CELL]));
});

test("the admin is no superuser, uses few connections and checks the server's name", () => {
  expect(readable(one(estate, "pulumi:providers:postgresql", "eu-1-postgresql").inputs)).toMatchObject({
    host: "eu-1-server.mock.example.com",
    port: "5432",
    username: "tenantry_admin",
    password: "[secret]",
    sslmode: "verify-full",
    superuser: "false",
    maxConnections: "4",
  });
});

test("a certificate bundle reaches whoever connects", async () => {
  const changes = { certificateBundle: "bundle.pem" };
  const checked = await recordEstate(estateOf([CELL]), changes);
  expect(one(checked, "pulumi:providers:postgresql", "eu-1-postgresql").inputs.sslrootcert).toBe("bundle.pem");
  const { connection } = one(checked, "tenantry:index:CellTenants", "eu-1-tenants").inputs;
  expect(connection).toMatchObject({ caFile: "bundle.pem" });
});

test("the database has its extensions", () => {
  const names = ofType(estate, "postgresql:index/extension:Extension").map(({ inputs }) => [
    inputs.name,
    inputs.database,
  ]);
  expect(names).toEqual([
    ["pg_trgm", "app"],
    ["btree_gin", "app"],
  ]);
});

test("grants on the database are made one after the other, everybody's revoked first", () => {
  const revoked = one(estate, GRANT, "eu-1-public");
  expect(revoked.inputs).toMatchObject({ role: "public", objectType: "database", privileges: [] });
  const connect = one(estate, GRANT, "eu-1-connect");
  expect(connect.inputs).toMatchObject({ role: "tenantry_tenants", objectType: "database", privileges: ["CONNECT"] });
  expect(connect.dependsOn).toContain(revoked.urn);
});

test("what the reconciler sets on a role is not drift here", () => {
  for (const { ignoreChanges } of ofType(estate, ROLE)) {
    expect(ignoreChanges).toEqual(expect.arrayContaining(["roles", "searchPaths", "statementTimeout"]));
  }
});

describe("the roles", () => {
  let server: TestServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startTestServer();
    const { host, port, admin } = server;
    const { user: username, password } = admin;
    const postgres: Connection = { host, port, username, password, database: "postgres", sslmode: "disable" };
    connection = await bootstrapCell(postgres, "app");
  });
  afterAll(() => server.stop());

  const rows = <R extends object>(sql: string): Promise<R[]> =>
    withClient({ connection, cell: "eu-1", purpose: "test" }, async (client) => (await client.query<R>(sql)).rows);

  test("are those that the reconciler's own bootstrap makes, with the same attributes", async () => {
    const live = await rows(`
      select rolname as name, rolcanlogin as login, rolinherit as inherit, rolcreatedb as "createDatabase",
             rolcreaterole as "createRole", rolsuper as superuser, rolreplication as replication,
             rolbypassrls as "bypassRowLevelSecurity",
             array(select r.rolname::text from pg_auth_members m join pg_roles r on r.oid = m.roleid
                    where m.member = pg_roles.oid order by 1) as roles
        from pg_roles where rolname like 'tenantry\\_%' and rolname <> 'tenantry_admin' order by 1`);
    const declared = ofType(estate, ROLE).map(({ inputs }) => {
      const { skipReassignOwned, ...attributes } = inputs;
      return { ...attributes, roles: inputs.roles ?? [] };
    });
    expect(declared.sort((a, b) => (String(Reflect.get(a, "name")) < String(Reflect.get(b, "name")) ? -1 : 1))).toEqual(
      live,
    );
  });

  test("that the admin acts as are the same", async () => {
    const live = await rows<{ name: string }>(`
      select rolname as name from pg_roles where rolname like 'tenantry\\_%' and rolname <> 'tenantry_admin'
         and pg_has_role(current_user, oid, 'set') and pg_has_role(current_user, oid, 'usage') order by 1`);
    const held = ofType(estate, "postgresql:index/grantRole:GrantRole").map(({ inputs }) => inputs.grantRole);
    expect(held.sort()).toEqual(live.map(({ name }) => name));
  });
});
