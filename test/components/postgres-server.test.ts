import { parametersOf } from "../../components/server-parameters";
import { dedicatedCell, estateOf, lineOf, sharedCell } from "./estates";
import { type EstateRecording, ofType, one, readable, recordEstate } from "./registrations";

const INSTANCE = "aws:rds/instance:Instance";
const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
const KEY = "arn:aws:kms:eu-west-1:111122223333:key/1";
const SHARED = sharedCell("eu-1", { cedar: lineOf("cedar", "pooled") });

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
    storageEncrypted: true,
    kmsKeyId: "arn:aws:mock:::eu-1-key",
    username: "tenantry_admin",
    password: "[secret]",
    publiclyAccessible: false,
    multiAz: true,
    dbSubnetGroupName: "eu-west-1-subnets-0a1b2c3",
    vpcSecurityGroupIds: ["eu-1-access-id"],
    parameterGroupName: "eu-1-parameters-0a1b2c3",
    performanceInsightsEnabled: true,
    databaseInsightsMode: "standard",
    enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
  });
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

test("a password has no character that RDS refuses", () => {
  const { inputs } = one(estate, "random:index/randomPassword:RandomPassword", "eu-1-password");
  expect(String(inputs.overrideSpecial)).not.toMatch(/[/@" ]/);
  expect(Number(inputs.length)).toBeGreaterThanOrEqual(32);
});

describe("parameters", () => {
  const STATIC = ["rds.logical_replication", "max_locks_per_transaction"];

  test("that are static wait for a restart, the others do not", () => {
    for (const { name, applyMethod } of parametersOf({ diskGb: 100 })) {
      expect([name, applyMethod]).toEqual([name, STATIC.includes(name) ? "pending-reboot" : "immediate"]);
    }
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
