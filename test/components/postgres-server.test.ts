import { parametersOf } from "../../components/server-parameters";
import { diskOf } from "../../components/server-traits";
import { dedicatedCell, estateOf, lineOf, sharedCell } from "./estates";
import { type EstateRecording, ofType, one, readable, recordEstate } from "./registrations";

const INSTANCE = "aws:rds/instance:Instance";
const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
const KEY = "arn:aws:kms:eu-west-1:111122223333:key/1";
const SHARED = sharedCell("eu-1", { cedar: lineOf("cedar", "pooled") });
const REPLICATED = { ...SHARED, server: { ...SHARED.server, replicas: 2, replicaClass: "db.r7g.2xlarge" } };

let estate: EstateRecording;
beforeAll(async () => {
  estate = await recordEstate(estateOf([SHARED, dedicatedCell("acme", { key: KEY })]));
});

test("a server is encrypted, private, watched, and of the cell's size and version", () => {
  expect(readable(one(estate, INSTANCE, "eu-1-server").inputs)).toMatchObject({
    identifier: "test-eu-1",
    engine: "postgres",
    engineVersion: "17",
    instanceClass: "db.r7g.xlarge",
    allocatedStorage: 500,
    maxAllocatedStorage: 1000,
    storageType: "gp3",
    iops: 12_000,
    storageThroughput: 500,
    storageEncrypted: true,
    kmsKeyId: "arn:aws:mock:::eu-1-key",
    username: "tenantry_admin",
    password: "[secret]",
    publiclyAccessible: false,
    multiAz: true,
    dbSubnetGroupName: "eu-west-1-subnets-0a1b2c3",
    vpcSecurityGroupIds: ["eu-1-access-id"],
    parameterGroupName: "eu-1-parameters-0a1b2c3",
    iamDatabaseAuthenticationEnabled: true,
    applyImmediately: true,
    allowMajorVersionUpgrade: false,
    monitoringInterval: 60,
    monitoringRoleArn: "arn:aws:mock:::eu-west-1-monitoring",
    performanceInsightsEnabled: true,
    databaseInsightsMode: "standard",
    enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
  });
});

test("a disk below 400 GB is told no speed: RDS takes none there", () => {
  expect(diskOf({ instanceClass: "db.r7g.large", diskGb: 400 })).toMatchObject({ iops: 12_000 });
  const small = diskOf({ instanceClass: "db.r7g.large", diskGb: 399 });
  expect(small).not.toHaveProperty("iops");
  expect(small).not.toHaveProperty("storageThroughput");
});

test("a staging stack has no standby", async () => {
  const staging = await recordEstate(estateOf([SHARED]), { environment: "staging" });
  expect(one(staging, INSTANCE, "eu-1-server").inputs).toMatchObject({ multiAz: false, backupRetentionPeriod: 14 });
});

test("the customer's key encrypts server, performance data and bucket, and no key is made beside it", () => {
  const { inputs } = one(estate, INSTANCE, "acme-server");
  expect(inputs).toMatchObject({ kmsKeyId: KEY, performanceInsightsKmsKeyId: KEY });
  const encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
  expect(JSON.stringify(one(estate, encryption, "acme-files-encryption").inputs)).toContain(KEY);
  const keys = ofType(estate, "aws:kms/key:Key").map(({ name }) => name);
  expect(keys).toContain("eu-1-key");
  expect(keys.filter((name) => name.startsWith("acme"))).toEqual([]);
});

test("the clients' security groups reach PostgreSQL, and nothing else is open in either direction", () => {
  for (const name of ["eu-1-access", "acme-access"]) {
    const { ingress, egress } = one(estate, SECURITY_GROUP, name).inputs;
    expect(egress).toEqual([]);
    expect(ingress).toEqual([
      {
        protocol: "tcp",
        fromPort: 5432,
        toPort: 5432,
        securityGroups: ["sg-0123456789abcdef0"],
        description: "PostgreSQL clients",
      },
    ]);
  }
});

test("a group's name never begins with `sg-`, which AWS refuses", async () => {
  const singapore = await recordEstate(estateOf([sharedCell("sg-1", {})]));
  const { namePrefix } = one(singapore, SECURITY_GROUP, "sg-1-access").inputs;
  expect(namePrefix).toBe("tenantry-test-sg-1-");
});

test("without clients in the configuration nobody reaches a server", async () => {
  const regions = JSON.stringify({ "eu-west-1": { vpcId: "vpc-0123456789abcdef0" } });
  const closed = await recordEstate(estateOf([SHARED]), { regions });
  expect(one(closed, SECURITY_GROUP, "eu-1-access").inputs).toMatchObject({ ingress: [], egress: [] });
});

test("without subnets in the configuration the tagged ones of the VPC are taken", async () => {
  const regions = JSON.stringify({ "eu-west-1": { vpcId: "vpc-0123456789abcdef0" } });
  const found = await recordEstate(estateOf([SHARED]), { regions });
  const filters = [
    { name: "vpc-id", values: ["vpc-0123456789abcdef0"] },
    { name: "tag:tenantry", values: ["database"] },
  ];
  expect(found.invokes).toContainEqual({ token: "aws:ec2/getSubnets:getSubnets", inputs: { filters } });
  const { subnetIds } = one(found, "aws:rds/subnetGroup:SubnetGroup", "eu-west-1-subnets").inputs;
  expect(subnetIds).toEqual(["subnet-0000000a", "subnet-0000000b"]);
});

describe("read replicas", () => {
  let replicated: EstateRecording;
  beforeAll(async () => {
    replicated = await recordEstate(estateOf([REPLICATED, sharedCell("eu-2", { fjord: lineOf("fjord", "pooled") })]));
  });

  test("copy their server, with its parameters, clients and key, and are watched like it", () => {
    expect(readable(one(replicated, INSTANCE, "eu-1-replica-2").inputs)).toMatchObject({
      identifier: "test-2-reader-eu-1",
      replicateSourceDb: "test-eu-1",
      instanceClass: "db.r7g.2xlarge",
      storageEncrypted: true,
      parameterGroupName: "eu-1-parameters-0a1b2c3",
      vpcSecurityGroupIds: ["eu-1-access-id"],
      publiclyAccessible: false,
      iamDatabaseAuthenticationEnabled: true,
      monitoringInterval: 60,
      performanceInsightsKmsKeyId: "arn:aws:mock:::eu-1-key",
      enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
    });
    expect(ofType(replicated, INSTANCE)).toHaveLength(4);
  });

  test("are not told what RDS takes from the source, and keep no backups of their own", () => {
    const { inputs } = one(replicated, INSTANCE, "eu-1-replica-1");
    for (const key of ["engine", "engineVersion", "username", "password", "kmsKeyId", "dbSubnetGroupName"]) {
      expect(inputs).not.toHaveProperty(key);
    }
    expect(inputs).toMatchObject({ backupRetentionPeriod: 0, skipFinalSnapshot: true });
    expect(inputs).not.toHaveProperty("finalSnapshotIdentifier");
  });

  test("go before their server, and no tenant waits for them", () => {
    const server = one(replicated, INSTANCE, "eu-1-server").urn;
    const replica = one(replicated, INSTANCE, "eu-1-replica-1");
    expect(replica.dependsOn).toContain(server);
    expect(one(replicated, "tenantry:index:CellTenants", "eu-1-tenants").dependsOn).not.toContain(replica.urn);
  });

  test("are in the directory of their cell's tenants, and of nobody else", () => {
    const rows = new Map(replicated.value.map(({ slug, readers }) => [slug, readers]));
    expect(rows.get("cedar")).toEqual([
      { host: "eu-1-replica-1.mock.example.com", port: 5432 },
      { host: "eu-1-replica-2.mock.example.com", port: 5432 },
    ]);
    expect(rows.get("fjord")).toBeUndefined();
  });
});

test("the role of enhanced monitoring is one a region, for the servers of this account there alone", () => {
  const roles = ofType(estate, "aws:iam/role:Role").filter(({ name }) => name.endsWith("-monitoring"));
  expect(roles.map(({ name }) => name)).toEqual(["eu-west-1-monitoring"]);
  const { Statement } = JSON.parse(String(roles[0]?.inputs.assumeRolePolicy));
  expect(Statement).toEqual([
    expect.objectContaining({
      Principal: { Service: "monitoring.rds.amazonaws.com" },
      Condition: {
        StringEquals: { "aws:SourceAccount": "111122223333" },
        ArnLike: { "aws:SourceArn": "arn:aws:rds:eu-west-1:111122223333:db:*" },
      },
    }),
  ]);
});

test("AWS upgrades to another major version only where the registry allows a restart", async () => {
  const allowed = await recordEstate(estateOf([{ ...SHARED, postgres: 18, allow: ["reboot"] }]));
  expect(one(allowed, INSTANCE, "eu-1-server").inputs).toMatchObject({
    engineVersion: "18",
    allowMajorVersionUpgrade: true,
  });
});

test("a password has no character that RDS refuses", () => {
  const { inputs } = one(estate, "random:index/randomPassword:RandomPassword", "eu-1-password");
  expect(String(inputs.overrideSpecial)).not.toMatch(/[/@" ]/);
  expect(Number(inputs.length)).toBeGreaterThanOrEqual(32);
});

describe("parameters", () => {
  const STATIC = ["rds.logical_replication", "max_locks_per_transaction"];
  /** RDS tells of these as `pending-reboot`, whatever it was told. */
  const DEFAULTS = ["rds.force_ssl", "password_encryption"];

  test("that are static, or as RDS has them anyway, wait for a restart, the others do not", () => {
    for (const { name, applyMethod } of parametersOf({ diskGb: 100 })) {
      const waits = [...STATIC, ...DEFAULTS].includes(name);
      expect([name, applyMethod]).toEqual([name, waits ? "pending-reboot" : "immediate"]);
    }
  });

  test("are in the roster's line of a server if a change of them needs a restart, and no others", () => {
    const lines = one(estate, "tenantry:index:Roster", "roster").inputs.servers;
    expect(lines).toMatchObject({
      "eu-1": expect.stringMatching(/ static=max_locks_per_transaction:256,rds.logical_replication:1( |$)/),
    });
  });

  test("force TLS and keep one session from filling the disk", () => {
    const values = new Map(parametersOf({ diskGb: 100 }).map(({ name, value }) => [name, value]));
    expect(values.get("rds.force_ssl")).toBe("1");
    expect(Number(values.get("temp_file_limit"))).toBe(25 * 1024 * 1024); // kB: a quarter
  });

  test("log no tenant's values", () => {
    const values = new Map(parametersOf({ diskGb: 100 }).map(({ name, value }) => [name, value]));
    expect(values.get("log_parameter_max_length")).toBe("0");
    expect(values.get("log_statement")).toBeUndefined();
  });

  test("belong to the family of the cell's version", async () => {
    const old = await recordEstate(estateOf([{ ...SHARED, postgres: 16 }]));
    expect(one(old, "aws:rds/parameterGroup:ParameterGroup", "eu-1-parameters").inputs.family).toBe("postgres16");
    expect(one(old, INSTANCE, "eu-1-server").inputs.engineVersion).toBe("16");
  });
});
