import { TenantEstate } from "../../components/tenant-estate";
import { bucketName, defaultId } from "../../registry/names";
import { dedicatedCell, estateOf, largeEstate, lineOf, sharedCell, stackOf } from "./estates";
import { record } from "./recorder";
import {
  type EstateRecording,
  isSecret,
  ofType,
  one,
  packageOf,
  providerUrn,
  readable,
  recordEstate,
} from "./registrations";

const CELL_TENANTS = "tenantry:index:CellTenants";
const INSTANCE = "aws:rds/instance:Instance";

const EU = { cedar: lineOf("cedar", "pooled"), birch: lineOf("birch", "schema") };
const US = { elm: lineOf("elm", "pooled", "suspended") };
const ESTATE = estateOf([sharedCell("eu-1", EU), sharedCell("us-1", US, "us-east-1"), dedicatedCell("acme")]);

let estate: EstateRecording;
beforeAll(async () => {
  estate = await recordEstate(ESTATE);
});

describe("tenants", () => {
  test("are one resource a cell, with their lines, plans and files", () => {
    const { inputs } = one(estate, CELL_TENANTS, "eu-1-tenants");
    expect(readable(inputs)).toEqual({
      cell: "eu-1",
      connection: {
        host: "eu-1-server.mock.example.com",
        port: 5432,
        database: "app",
        username: "tenantry_admin",
        password: "[secret]",
        sslmode: "verify-full",
      },
      vault: { address: "https://vault.example.com:8200", mount: "secret" },
      tenants: EU,
      plans: ESTATE.plans,
      sql: { "tenant/0001_accounts.sql": "0123456789ab" },
    });
    expect(ofType(estate, CELL_TENANTS)).toHaveLength(3);
  });

  test("are made after their database and the place for their secrets", () => {
    for (const { dependsOn } of ofType(estate, CELL_TENANTS)) {
      const types = new Set(dependsOn.map((urn) => urn.split("::")[2]?.split("$").pop()));
      expect(types).toEqual(
        new Set([
          "tenantry:index:Roster",
          "postgresql:index/database:Database",
          "pulumi:providers:postgresql",
          "pulumi:providers:vault",
          "random:index/randomPassword:RandomPassword",
          "aws:rds/instance:Instance",
          "vault:index/mount:Mount",
          "vault:index/policy:Policy",
          "vault:index/authBackend:AuthBackend",
          "vault:kv/secretBackendV2:SecretBackendV2",
          "vault:kubernetes/authBackendConfig:AuthBackendConfig",
          "vault:kubernetes/authBackendRole:AuthBackendRole",
        ]),
      );
    }
  });

  test("are all in the roster, which every server waits for", () => {
    const roster = one(estate, "tenantry:index:Roster", "roster");
    expect(roster.inputs).toEqual({
      tenants: ESTATE.roster,
      servers: {
        acme: expect.stringMatching(
          /^dedicated class=db.r7g.xlarge diskGb=500 postgres=17 region=eu-west-1 id=test-acme /,
        ),
        "eu-1": expect.stringMatching(/^shared .* static=max_locks_per_transaction:256,rds.logical_replication:1$/),
        "us-1": expect.stringMatching(/ region=us-east-1 id=test-us-1 admin=tenantry_admin key=own /),
      },
    });
    for (const server of ofType(estate, INSTANCE)) expect(server.dependsOn).toContain(roster.urn);
    expect(ofType(estate, INSTANCE)).toHaveLength(3);
  });

  test("are in the directory, by slug", () => {
    expect(estate.value.map(({ slug, cell }) => [slug, cell])).toEqual([
      ["acme", "acme"],
      ["birch", "eu-1"],
      ["cedar", "eu-1"],
      ["elm", "us-1"],
    ]);
  });
});

test("where files are is told by cell: shared ones by region, a dedicated tenant's by its own", async () => {
  const { value } = await record(() => new TenantEstate("estate", stackOf(ESTATE)).files);
  expect(value).toEqual([
    {
      region: "eu-west-1",
      cells: ["eu-1"],
      bucket: "example-test-files-eu-west-1",
      sessionRoleArn: "arn:aws:mock:::files-eu-west-1-sessions",
    },
    {
      region: "eu-west-1",
      cells: ["acme"],
      bucket: bucketName("example", "test", { slug: "acme", id: defaultId("acme") }),
      sessionRoleArn: "arn:aws:mock:::acme-files-sessions",
    },
    expect.objectContaining({ region: "us-east-1", cells: ["us-1"] }),
  ]);
});

describe("a server that the stack did not make", () => {
  const adopted = (adoption: object) => recordEstate(ESTATE, { adopted: JSON.stringify(adoption) });

  test("keeps the names of the stack that did, and is found where `pulumi state move` leaves it", async () => {
    const moved = await adopted({ acme: { stack: "prod" } });
    const server = one(moved, INSTANCE, "acme-server");
    expect(server.inputs.identifier).toBe("prod-acme");
    expect(server.ignoreChanges).toEqual(["dbSubnetGroupName"]);
    expect(one(moved, "aws:s3/bucket:Bucket", "acme-files-bucket").inputs.bucket).toBe(
      bucketName("example", "prod", { slug: "acme", id: defaultId("acme") }),
    );
    for (const [type, name] of [
      [CELL_TENANTS, "acme-tenants"],
      ["postgresql:index/database:Database", "acme-database"],
      ["aws:kms/key:Key", "acme-key"],
      ["tenantry:components:TenantFiles", "acme-files"],
      ["tenantry:components:PostgresServer", "acme"],
    ] as const) {
      expect([name, one(moved, type, name).atRootToo]).toEqual([name, true]);
    }
    expect(one(moved, CELL_TENANTS, "eu-1-tenants").atRootToo).toBe(false);
    expect(one(moved, INSTANCE, "eu-1-server")).toMatchObject({ ignoreChanges: [], importId: "" });
  });

  test("is taken over with its identifier, its master user and its key", async () => {
    const keyArn = "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d";
    const adoption = { server: "shop-db", import: true, adminUsername: "postgres", keyArn };
    const imported = await adopted({ "eu-1": adoption });
    const { inputs, importId } = one(imported, INSTANCE, "eu-1-server");
    expect(importId).toBe("shop-db");
    expect(inputs).toMatchObject({ identifier: "shop-db", username: "postgres", kmsKeyId: keyArn });
    expect(one(imported, "tenantry:index:Roster", "roster").inputs.servers).toMatchObject({
      "eu-1": expect.stringMatching(/ id=shop-db admin=postgres /),
    });
  });
});

describe("secrets", () => {
  test("no password can be read in any input", () => {
    const text = JSON.stringify(estate.registrations.map(({ inputs }) => readable(inputs)));
    expect(text).not.toContain("password of");
    expect(JSON.stringify(estate.registrations)).toContain("password of"); // so the search above can find one
  });

  test("the admin's password is a secret wherever it goes", () => {
    const { inputs } = one(estate, INSTANCE, "eu-1-server");
    expect(isSecret(inputs.password)).toBe(true);
    expect(isSecret(one(estate, "pulumi:providers:postgresql", "eu-1-postgresql").inputs.password)).toBe(true);
    expect(one(estate, CELL_TENANTS, "eu-1-tenants").additionalSecretOutputs).toEqual(["connection"]);
  });

  test("the directory has none", () => {
    expect(JSON.stringify(estate.value)).not.toMatch(/password|secret/i);
  });
});

describe("names", () => {
  test("begin with the parent's name and are used once", () => {
    const nameOf = new Map(estate.registrations.map(({ urn, name }) => [urn, name]));
    for (const { name, parent } of estate.registrations) {
      const above = nameOf.get(parent);
      if (above === undefined || above === "estate") continue;
      expect(name === above || name.startsWith(`${above}-`) ? name : `${name} under ${above}`).toBe(name);
    }
    const identities = estate.registrations.map(({ type, name }) => `${type} ${name}`);
    expect(new Set(identities).size).toBe(identities.length);
  });

  test("of servers are unique in an account: stack and cell", () => {
    expect(
      ofType(estate, INSTANCE)
        .map(({ inputs }) => inputs.identifier)
        .sort(),
    ).toEqual(["test-acme", "test-eu-1", "test-us-1"]);
  });
});

describe("providers", () => {
  test("are explicit for every package that reaches a region, a server or Vault", () => {
    const implicit = estate.registrations.filter(({ custom, provider }) => custom && provider === "");
    expect(new Set(implicit.map(packageOf))).toEqual(new Set(["pulumi", "random", "tenantry"]));
  });

  test("are one per region, of the cells and of the copies of backups", () => {
    const regions = ofType(estate, "pulumi:providers:aws").map(({ name, inputs }) => [name, inputs.region]);
    expect(regions).toEqual([
      ["eu-west-1-aws", "eu-west-1"],
      ["eu-central-1-aws", "eu-central-1"],
      ["us-east-1-aws", "us-east-1"],
    ]);
    const us = one(estate, "pulumi:providers:aws", "us-east-1-aws").urn;
    const inUs = estate.registrations.filter((each) => packageOf(each) === "aws" && providerUrn(each) === us);
    expect(
      new Set(
        inUs.map(({ name }) =>
          name.replace(/^((?:(?:files|access-logs|backups|notifications|alarms)-)?us-east-1|us-1)-.*/, "$1"),
        ),
      ),
    ).toEqual(
      new Set([
        "us-east-1",
        "us-1",
        "files-us-east-1",
        "access-logs-us-east-1",
        "backups-us-east-1",
        "notifications-us-east-1",
        "alarms-us-east-1",
      ]),
    );
  });

  test("tag everything with the stack and its owner", async () => {
    const { inputs } = one(await recordEstate(ESTATE, { owner: "platform" }), "pulumi:providers:aws", "us-east-1-aws");
    expect(inputs.defaultTags).toEqual(
      JSON.stringify({ tags: { "tenantry:stack": "test", "tenantry:owner": "platform" } }),
    );
  });
});

test("a network that the configuration does not name is the one with the tag", async () => {
  const found = await recordEstate(estateOf([sharedCell("eu-1", EU)]), { regions: '{"eu-west-1":{}}' });
  const tagged = { name: "tag:tenantry", values: ["database"] };
  const lookups = found.invokes.map(({ token, inputs }) => [token.split(":").pop(), Object(inputs).filters]);
  expect(lookups).toEqual([
    ["getCallerIdentity", undefined],
    ["getVpcs", [tagged]],
    ["getSubnets", [{ name: "vpc-id", values: ["vpc-0000000a"] }, tagged]],
  ]);
  expect(one(found, "aws:ec2/securityGroup:SecurityGroup", "eu-1-access").inputs.vpcId).toBe("vpc-0000000a");
  expect(one(found, "aws:rds/subnetGroup:SubnetGroup", "eu-west-1-subnets").inputs.subnetIds).toEqual([
    "subnet-0000000a",
    "subnet-0000000b",
  ]);
});

test("nobody but the clients' groups reaches a server, and a server reaches nobody", () => {
  const { ingress, egress } = one(estate, "aws:ec2/securityGroup:SecurityGroup", "eu-1-access").inputs;
  expect(egress).toEqual([]);
  expect(Object(ingress)).toHaveLength(1);
  expect(Object(ingress)[0]).toMatchObject({ fromPort: 5432, toPort: 5432, securityGroups: ["sg-0123456789abcdef0"] });
  expect(JSON.stringify(ingress)).not.toMatch(/cidr|prefixList|self/i);
  for (const { inputs } of ofType(estate, INSTANCE)) expect(inputs.publiclyAccessible).toBe(false);
});

describe("the number of resources", () => {
  const count = async (size: Parameters<typeof largeEstate>[0]) =>
    (await recordEstate(largeEstate(size))).registrations.length;

  test("does not follow pooled and schema tenants", async () => {
    const few = await count({ pooled: 1, schema: 1, dedicated: 0, cells: 2 });
    expect(await count({ pooled: 500, schema: 100, dedicated: 0, cells: 2 })).toBe(few);
  });

  test("follows servers, so that 10,000 tenants need at most a sixtieth of seven resources each", async () => {
    const least = await count({ pooled: 9, schema: 0, dedicated: 1, cells: 1 });
    const aCell = (await count({ pooled: 9, schema: 0, dedicated: 1, cells: 3 })) - least;
    const aDedicated = (await count({ pooled: 9, schema: 0, dedicated: 3, cells: 1 })) - least;
    expect([aCell / 2, aDedicated / 2]).toEqual([16, 28]);
    // 9,480 pooled and 500 schema tenants on 20 cells in two regions, and 20 dedicated ones.
    const shared = estate.registrations.length - 2 * 16 - 28;
    expect(shared + 20 * 16 + 20 * 28).toBeLessThanOrEqual((7 * 10_000) / 60);
  });
});

test("a stack that does not own what exists once makes none of it", async () => {
  const split = await recordEstate(ESTATE, { ownsShared: "false" });
  expect(split.registrations.filter((each) => packageOf(each) === "vault")).toEqual([]);
  expect(
    ofType(split, "aws:s3/bucket:Bucket")
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["access-logs-eu-west-1-bucket", "access-logs-us-east-1-bucket", "acme-files-bucket"]);
  expect(ofType(split, CELL_TENANTS)).toHaveLength(3);
});

test("such a stack backs its own servers up", async () => {
  const split = await recordEstate(ESTATE, { ownsShared: "false" });
  const { tags } = one(split, "aws:rds/instance:Instance", "acme-server").inputs;
  const [selection, ...others] = ofType(split, "aws:backup/selection:Selection");
  expect(others).toEqual([]);
  expect(selection?.inputs.conditions).toEqual([
    {
      stringEquals: [
        { key: "aws:ResourceTag/tenantry:stack", value: "test" },
        { key: "aws:ResourceTag/tenantry:backup", value: Object(tags)["tenantry:backup"] },
      ],
    },
  ]);
});
