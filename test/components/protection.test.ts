import { fencesOf } from "../../components/fences";
import { dedicatedCell, estateOf, lineOf, sharedCell } from "./estates";
import type { Registration } from "./recorder";
import { type EstateRecording, ofType, one, packageOf, recordEstate } from "./registrations";

const INSTANCE = "aws:rds/instance:Instance";
const shared = sharedCell("eu-1", { cedar: lineOf("cedar", "pooled") });

const REPLICATED = { ...shared.server, replicas: 1 };

/** Those that the engine will not delete, by name. */
const protectedNames = ({ registrations }: EstateRecording): string[] =>
  registrations
    .filter(({ protect }) => protect)
    .map(({ name }) => name)
    .sort();

const ofTenant = (slug: string) => (name: string) => name.startsWith(`${slug}-`);

describe("where data is retained", () => {
  let estate: EstateRecording;
  beforeAll(async () => {
    estate = await recordEstate(estateOf([shared, dedicatedCell("acme"), dedicatedCell("birch", { leaving: true })]));
  });

  test("servers, databases, tenants, keys, buckets and backups are protected", () => {
    expect(protectedNames(estate)).toEqual([
      "access-logs-eu-west-1-bucket",
      "acme-database",
      "acme-files-bucket",
      "acme-key",
      "acme-server",
      "acme-tenants",
      "backups-eu-west-1-vault",
      "eu-1-database",
      "eu-1-key",
      "eu-1-server",
      "eu-1-tenants",
      "files-eu-west-1-bucket",
      "files-eu-west-1-key",
      "secrets-mount",
    ]);
  });

  test("a tenant that is leaving loses its protections, and nobody else's", () => {
    expect(protectedNames(estate).filter(ofTenant("birch"))).toEqual([]);
    expect(one(estate, INSTANCE, "birch-server").inputs).toMatchObject({ deletionProtection: false });
    expect(one(estate, INSTANCE, "acme-server").inputs).toMatchObject({ deletionProtection: true });
  });

  test("a server that goes leaves a final snapshot with a name of its own, and its backups", () => {
    for (const { inputs } of ofType(estate, INSTANCE)) {
      expect(inputs).toMatchObject({ skipFinalSnapshot: false, deleteAutomatedBackups: false });
    }
    const names = ofType(estate, INSTANCE).map(({ inputs }) => inputs.finalSnapshotIdentifier);
    expect(names).toContain("test-birch-final-birch-access-id");
    expect(new Set(names).size).toBe(3);
  });

  test("the key of that snapshot stays, and the bucket stays as closed as it was", () => {
    const staying = estate.registrations.filter(({ retainOnDelete }) => retainOnDelete).map(({ name }) => name);
    expect(staying.filter(ofTenant("birch")).sort()).toEqual([
      "birch-files-bucket",
      "birch-files-encryption",
      "birch-files-lifecycle",
      "birch-files-logging",
      "birch-files-ownership",
      "birch-files-policy",
      "birch-files-public-access",
      "birch-files-versions",
      "birch-key",
    ]);
  });

  test("copies of backups stay, but hinder nobody from leaving", () => {
    const copies = one(estate, "aws:backup/vault:Vault", "backups-eu-west-1-to-eu-central-1");
    const key = one(estate, "aws:kms/key:Key", "backups-eu-west-1-to-eu-central-1-key");
    for (const each of [copies, key]) expect(each).toMatchObject({ protect: false, retainOnDelete: true });
  });

  test("what is in a server goes with it, but its tenants are asked first", () => {
    const server = one(estate, INSTANCE, "birch-server").urn;
    const inServer = (each: Registration) => packageOf(each) === "postgresql" && each.name.startsWith("birch-");
    const objects = estate.registrations.filter(inServer);
    expect(objects).toHaveLength(1);
    for (const { deletedWith } of objects) expect(deletedWith).toBe(server);
    expect(one(estate, "tenantry:index:CellTenants", "birch-tenants").deletedWith).toBe("");
  });

  test("a replica is protected with its server, until it or the server may go", async () => {
    const servers = [
      { ...shared, server: REPLICATED },
      { ...shared, name: "eu-2", server: REPLICATED, allow: ["fewerReplicas" as const] },
      { ...shared, name: "eu-3", server: REPLICATED, leaving: true },
    ];
    const replicated = await recordEstate(estateOf(servers));
    const instances = ofType(replicated, INSTANCE).filter(({ protect }) => protect);
    expect(instances.map(({ name }) => name).sort()).toEqual(["eu-1-replica-1", "eu-1-server", "eu-2-server"]);
  });

  test("a region without cells keeps its bucket and its backups", async () => {
    const empty = await recordEstate(estateOf([]));
    expect(protectedNames(empty)).toEqual([
      "access-logs-eu-west-1-bucket",
      "backups-eu-west-1-vault",
      "files-eu-west-1-bucket",
      "files-eu-west-1-key",
      "secrets-mount",
    ]);
  });
});

test("a rehearsal protects and keeps nothing", async () => {
  const estate = await recordEstate(estateOf([shared, dedicatedCell("acme")]), { deletionProtection: "false" });
  expect(protectedNames(estate)).toEqual([]);
  expect(estate.registrations.filter(({ retainOnDelete }) => retainOnDelete)).toEqual([]);
  expect(one(estate, INSTANCE, "acme-server").inputs).toMatchObject({
    deletionProtection: false,
    skipFinalSnapshot: true,
    deleteAutomatedBackups: true,
  });
  expect(one(estate, "aws:s3/bucket:Bucket", "acme-files-bucket").inputs).toMatchObject({ forceDestroy: true });
});

test.each([
  { retain: true, leaving: false },
  { retain: true, leaving: true },
  { retain: false, leaving: false },
  { retain: false, leaving: true },
  { retain: true, leaving: false, fewerReplicas: true },
])("no fence contradicts another: %j", (retention) => {
  const fences = fencesOf(retention);
  if (fences.protectReplicas) expect(fences.protect).toBe(true);
  expect(fences.deletionProtection).toBe(fences.protect);
  expect(fences.forceDestroy).toBe(fences.skipFinalSnapshot);
  expect(fences.retainOnDelete).toBe(!fences.forceDestroy);
  if (fences.protect) expect(fences.retainOnDelete).toBe(true);
});
