import { estateOf, lineOf, sharedCell } from "./estates";
import { type EstateRecording, ofType, one, readable, recordEstate } from "./registrations";

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

test("no role and no grant is Pulumi's: the reconciler makes them", () => {
  const made = estate.registrations.filter(({ type }) => type.startsWith("postgresql:")).map(({ type }) => type);
  expect([...new Set(made)].sort()).toEqual([
    "postgresql:index/database:Database",
    "postgresql:index/extension:Extension",
  ]);
});
