/** The state of a stack that is not of this machine, as a `pulumi` on the path exports it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readApplied } from "../../cli/applied";
import { readCells } from "../../cli/cells";

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const urn = (type: string, name: string) => `urn:pulumi:far::tenantry::tenantry:index:TenantEstate$${type}::${name}`;
const cell = (name: string) => ({
  urn: urn("tenantry:index:CellTenants", `${name}-tenants`),
  inputs: {
    cell: name,
    connection: {
      host: "db.example.com",
      port: 5432,
      database: "app",
      username: "tenantry_admin",
      password: { ...SECRET, plaintext: '"s3cret"' },
      sslmode: "verify-full",
    },
    vault: { address: "https://vault.example.com", mount: "secret" },
    tenants: { birch: "schema plan=growth status=active id=bf273cd9-0000-5000-8000-000000000000" },
    plans: { ...SECRET, plaintext: '{"growth":"schema workMem=128MB"}' },
  },
});
const resources = [
  { urn: urn("aws:s3/bucketPolicy:BucketPolicy", "files"), inputs: { policy: "{}" }, outputs: { id: "files" } },
  { ...cell("us-1"), delete: true },
  cell("eu-2"),
  cell("eu-1"),
  { urn: "urn:pulumi:far::tenantry::pulumi:pulumi:Stack::tenantry-far" },
];

let dir: string;
const path = process.env.PATH;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tenantry-pulumi-"));
  writeFileSync(join(dir, "export.json"), JSON.stringify({ version: 3, deployment: { resources } }));
  const expected = "stack export --show-secrets --stack far";
  const script = `#!/bin/sh\n[ "$*" = "${expected}" ] || { echo "no stack named $*" >&2; exit 1; }\ncat "${dir}/export.json"\n`;
  writeFileSync(join(dir, "pulumi"), script);
  chmodSync(join(dir, "pulumi"), 0o755);
  process.env.PATH = `${dir}:${path}`;
});

afterAll(() => {
  process.env.PATH = path;
  rmSync(dir, { recursive: true });
});

test("resources come with type and name, secrets opened, without those that were replaced", () => {
  const applied = readApplied("far");
  expect(applied.map(({ type, name }) => `${type} ${name}`)).toEqual([
    "aws:s3/bucketPolicy:BucketPolicy files",
    "tenantry:index:CellTenants eu-2-tenants",
    "tenantry:index:CellTenants eu-1-tenants",
    "pulumi:pulumi:Stack tenantry-far",
  ]);
  expect(applied[0]?.outputs).toEqual({ id: "files" });
});

test("cells come by name, ready to be connected to", () => {
  expect(readCells("far").map(({ cell }) => cell)).toEqual(["eu-1", "eu-2"]);
  const [only] = readCells("far", "eu-2");
  expect(only?.connection).toMatchObject({ host: "db.example.com", password: "s3cret", sslmode: "verify-full" });
  expect(only?.plans).toEqual({ growth: "schema workMem=128MB" });
  expect(() => readCells("far", "eu-9")).toThrow("stack far has no cell eu-9; it has eu-1, eu-2 [TN-608]");
});

test("a stack that nobody knows is said with what the Pulumi CLI says", () => {
  expect(() => readApplied("farther")).toThrow(/no stack farther on this machine.*no stack named.*\[TN-601\]/s);
});
