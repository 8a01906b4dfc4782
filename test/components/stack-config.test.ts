import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checkAgainstEstate, parseStackConfig } from "../../components/stack-config";
import { StackConfigErrors } from "../../components/stack-config-parse";
import { CONFIG_WORDS } from "../../components/stack-config-rules";
import { configOf, ROOT } from "../program/stack-files";
import { dedicatedCell, estateOf, sharedCell, stackOf } from "./estates";

const NETWORK = { vpcId: "vpc-0123456789abcdef0" };
const MINIMUM = {
  vaultAddress: "https://vault.example.com:8200",
  bucketPrefix: "example",
  regions: JSON.stringify({ "eu-west-1": NETWORK }),
};

/** Path and code of each finding, in order. */
function findingsOf(raw: Readonly<Record<string, string>>): string[] {
  try {
    parseStackConfig(raw);
    return [];
  } catch (error) {
    if (!(error instanceof StackConfigErrors)) throw error;
    return error.findings.map(({ code, path }) => `${code} ${path}`);
  }
}

function messageOf(raw: Readonly<Record<string, string>>): string {
  try {
    parseStackConfig(raw);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test("what must be written is little; the rest has safe defaults", () => {
  expect(parseStackConfig(MINIMUM)).toEqual({
    ...MINIMUM,
    regions: { "eu-west-1": { ...NETWORK, clientSecurityGroupIds: [] } },
    vaultMount: "secret",
    adopted: {},
    environment: "production",
    multiAz: true,
    backupRetentionDays: 35,
    alarms: true,
    deletionProtection: true,
    tls: "verify-full",
    databaseName: "app",
    adminUsername: "tenantry_admin",
    ownsShared: true,
    registryDir: "tenants",
  });
});

test("the environment sets standby and retention, unless they are written", () => {
  const staging = { ...MINIMUM, environment: "staging" };
  expect(parseStackConfig(staging)).toMatchObject({ multiAz: false, backupRetentionDays: 14 });
  const written = { ...staging, multiAz: "true", backupRetentionDays: "21" };
  expect(parseStackConfig(written)).toMatchObject({ multiAz: true, backupRetentionDays: 21 });
});

test("all errors come at once, each with what was got, what is allowed and what to type", () => {
  const raw = {
    vaultAddress: "http://vault.example.com",
    regions: JSON.stringify({ "eu-west-1": { vpcId: "vpc-1", subnetIds: ["subnet-0123abcd"], vpc: "x" } }),
    multiAz: "maybe",
    vaultAdress: "https://vault.example.com",
  };
  expect(findingsOf(raw).sort()).toEqual([
    "TN-701 tenantry:bucketPrefix",
    "TN-702 tenantry:multiAz",
    'TN-702 tenantry:regions["eu-west-1"].subnetIds',
    'TN-702 tenantry:regions["eu-west-1"].vpcId',
    "TN-702 tenantry:vaultAddress",
    'TN-703 tenantry:regions["eu-west-1"].vpc',
    "TN-703 tenantry:vaultAdress",
  ]);
  const message = messageOf(raw);
  expect(message).toContain("7 errors in the stack configuration:");
  expect(message).toContain(
    `tenantry:bucketPrefix: missing; a lower-case word of at most 24 characters that no other AWS customer uses; type: pulumi config set tenantry:bucketPrefix example-tenantry [TN-701]`,
  );
  expect(message).toContain(
    `tenantry:regions["eu-west-1"].vpcId: got "vpc-1"; vpc- and 8 or 17 hexadecimal digits; type: pulumi config set --path 'tenantry:regions["eu-west-1"].vpcId' vpc-0123456789abcdef0 [TN-702]`,
  );
  expect(message).toContain(
    `type: pulumi config set --path 'tenantry:regions["eu-west-1"].subnetIds[1]' subnet-0123456789abcdef0 [TN-702]`,
  );
  expect(message).toContain(
    `tenantry:multiAz: got "maybe"; true or false; type: pulumi config set tenantry:multiAz true`,
  );
});

test.each([
  ["plain HTTP beyond this machine", { vaultAddress: "http://vault:8200" }, "TN-702 tenantry:vaultAddress"],
  ["a mount with slashes around it", { vaultMount: "/secret/" }, "TN-702 tenantry:vaultMount"],
  ["no region", { regions: "{}" }, "TN-702 tenantry:regions"],
  ["a region that is none", { regions: `{"ireland":{"vpcId":"vpc-0123abcd"}}` }, "TN-702 tenantry:regions.ireland"],
  ["a region of China", { regions: `{"cn-north-1":{}}` }, 'TN-702 tenantry:regions["cn-north-1"]'],
  [
    "copies in GovCloud",
    { regions: JSON.stringify({ "eu-west-1": { ...NETWORK, backupCopyRegion: "us-gov-west-1" } }) },
    'TN-702 tenantry:regions["eu-west-1"].backupCopyRegion',
  ],
  ["a list that is none", { cells: "eu-1" }, "TN-702 tenantry:cells"],
  ["alarms to nobody", { alarmEndpoints: "[]" }, "TN-702 tenantry:alarmEndpoints"],
  ["alarms by plain HTTP", { alarmEndpoints: '["http://a.example.com"]' }, "TN-702 tenantry:alarmEndpoints[0]"],
  ["an upper-case prefix", { bucketPrefix: "Example" }, "TN-702 tenantry:bucketPrefix"],
  ["a user instead of a role", { brokerRoleArn: "arn:aws:iam::111122223333:user/x" }, "TN-702 tenantry:brokerRoleArn"],
  ["an admin that RDS reserves", { adminUsername: "rdsadmin" }, "TN-702 tenantry:adminUsername"],
  ["no TLS in production", { tls: "disable" }, "TN-704 tenantry:tls"],
  ["a lock longer than the retention", { backupLockDays: "90" }, "TN-704 tenantry:backupLockDays"],
  [
    "a copy into the same region",
    { regions: JSON.stringify({ "eu-west-1": { ...NETWORK, backupCopyRegion: "eu-west-1" } }) },
    'TN-704 tenantry:regions["eu-west-1"].backupCopyRegion',
  ],
])("%s is refused", (_, change, finding) => {
  expect(findingsOf({ ...MINIMUM, ...change })).toEqual([finding]);
});

test("a key in an address is not shown, be the address wrong or the whole list", () => {
  const address = "http://events.example.com/integration/0a1b2c3d";
  for (const alarmEndpoints of [JSON.stringify([address]), `["${address}"`]) {
    const message = messageOf({ ...MINIMUM, alarmEndpoints });
    expect(message).toContain("http://events.example.com/...");
    expect(message).not.toContain("0a1b2c3d");
  }
});

test("a wrong endpoint of alarms comes with the command that sets it", () => {
  expect(messageOf({ ...MINIMUM, alarmEndpoints: '["oncall"]' })).toContain(
    "tenantry:alarmEndpoints[0]: got \"oncall\"; an e-mail address, or the https:// address of a service; type: pulumi config set --path 'tenantry:alarmEndpoints[0]' oncall@example.com [TN-702]",
  );
});

test.each(["http://127.0.0.1:8200", "http://localhost:8200", "http://[::1]:8200"])(
  "%s may be plain HTTP",
  (address) => {
    expect(findingsOf({ ...MINIMUM, vaultAddress: address })).toEqual([]);
  },
);

test("what the registry needs and the configuration lacks is found, with the command to type", () => {
  const copied = { copyTo: "eu-central-1", copyKey: "arn:aws:kms:eu-central-1:111122223333:key/2" };
  const key = "arn:aws:kms:eu-west-1:111122223333:key/1";
  const cells = [
    sharedCell("us-1", {}, "us-east-1"),
    dedicatedCell("acme", { key }),
    dedicatedCell("birch", { key, backup: copied }),
    dedicatedCell("cedar"),
  ];
  const { config } = stackOf(estateOf([dedicatedCell("cedar")]));
  expect(checkAgainstEstate(config, estateOf(cells)).map(({ path, message }) => `${path}: ${message}`)).toEqual([
    `tenantry:regions["us-east-1"]: missing, but the registry has cells there; a network for each region; type: pulumi config set --path 'tenantry:regions["us-east-1"].vpcId' vpc-0123456789abcdef0`,
    `tenantry:regions["eu-west-1"].backupCopyRegion: copies backups to eu-central-1, but acme has a key of its own; write backup: { copyTo: eu-central-1, copyKey: <ARN of a KMS key there> } at acme in the registry`,
  ]);
});

test("a stack does not copy backups out of a tenant's residency", () => {
  const residency = ["eu-west-1", "eu-north-1"];
  const cells = [
    dedicatedCell("acme", { residency }),
    dedicatedCell("birch", { residency: ["eu-west-1"] }),
    dedicatedCell("cedar", { residency: ["eu-west-1", "eu-central-1"] }),
    dedicatedCell("dover", { residency, backup: { copyTo: "eu-north-1" } }),
  ];
  const { config } = stackOf(estateOf(cells));
  expect(checkAgainstEstate(config, estateOf(cells)).map(({ message }) => message)).toEqual([
    "copies backups to eu-central-1, but data of acme may be in eu-west-1, eu-north-1; write backup: { copyTo: eu-north-1 } at acme in the registry",
    "copies backups to eu-central-1, but data of birch may be in eu-west-1; write its residency in the registry with eu-central-1, or remove backupCopyRegion here",
  ]);
});

test("a cell whose backups are kept for less than the lock is found", () => {
  const shared = { ...sharedCell("eu-1", {}), backup: { retentionDays: 7 } }; // in no vault
  const estate = estateOf([dedicatedCell("acme", { backup: { retentionDays: 7 } }), dedicatedCell("birch"), shared]);
  const { config } = stackOf(estate, { backupLockDays: "14" });
  expect(checkAgainstEstate(config, estate).map(({ message }) => message)).toEqual([
    "a vault locked for 14 days refuses the backups of acme, kept for 7; write backup: { retentionDays: 14 } at acme in the registry, or more",
  ]);
});

test("so is a continuous backup, which cannot be kept for longer than 35 days", () => {
  const estate = estateOf([dedicatedCell("acme", { backup: { retentionDays: 90, continuous: true } })]);
  const messages = (backupLockDays: string) => {
    const { config } = stackOf(estate, { backupLockDays, backupRetentionDays: "90" });
    return checkAgainstEstate(config, estate).map(({ message }) => message);
  };
  expect(messages("35")).toEqual([]);
  expect(messages("36")).toEqual([
    "a vault locked for 36 days refuses the continuous backups of acme, kept for 35 at most; remove continuous at acme in the registry, or type: pulumi config set tenantry:backupLockDays 35",
  ]);
});

test("an adopted cell is one of the stack's, and one that is elsewhere is none", () => {
  const estate = estateOf([sharedCell("eu-1", {}), dedicatedCell("acme")]);
  const messages = (changes: Record<string, string>) => {
    const { config } = stackOf(estate, changes);
    return checkAgainstEstate(config, estate).map(({ path, message }) => `${path}: ${message}`);
  };
  const keyArn = "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d";
  const good = {
    "eu-1": { server: "shop-db", import: true, adminUsername: "postgres", keyArn },
    acme: { stack: "prod" },
  };
  expect(messages({ adopted: JSON.stringify(good), elsewhere: '["us-1"]' })).toEqual([]);
  expect(messages({ adopted: JSON.stringify({ "us-1": {}, acme: { keyArn } }), elsewhere: '["eu-1"]' })).toEqual([
    expect.stringMatching(/^tenantry:adopted\["us-1"\]: no cell of this stack; the cells are eu-1, acme/),
    expect.stringMatching(/^tenantry:adopted\["acme"\].keyArn: acme is a dedicated tenant; write its key/),
    expect.stringMatching(/^tenantry:elsewhere\[0\]: eu-1 is a cell of this stack; leave eu-1 out of tenantry:cells/),
  ]);
  expect(findingsOf({ ...MINIMUM, adopted: '{"eu-1":{"import":true}}' })).toEqual([
    'TN-701 tenantry:adopted["eu-1"].server',
  ]);
});

test("Pulumi.yaml declares types and defaults as the program has them", () => {
  const declared: Record<string, { type: string; default?: unknown }> = parse(
    readFileSync(join(ROOT, "Pulumi.yaml"), "utf8"),
  ).config;
  const defaults = new Map(Object.entries(parseStackConfig(MINIMUM)));
  for (const [key, { type, default: value }] of Object.entries(declared)) {
    const words = Object.entries(CONFIG_WORDS).find(([name]) => name === key)?.[1];
    expect([key, words?.kind]).toEqual([key, type === "string" ? "text" : "json"]);
    if (value !== undefined) expect([key, defaults.get(key)]).toEqual([key, value]);
    else
      expect(findingsOf(Object.fromEntries(Object.entries(MINIMUM).filter(([name]) => name !== key)))).toHaveLength(1);
  }
});

test.each(["dev", "prod"])("the configuration of the stack %s has no errors", (stack) => {
  const raw = Object.entries(configOf(stack)).map(([key, value]) => [key.replace(/^tenantry:/, ""), value]);
  expect(findingsOf(Object.fromEntries(raw))).toEqual([]);
});
