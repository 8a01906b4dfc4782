import {
  backupClassOf,
  copyVaultName,
  distinctClasses,
  planName,
  restoreTestName,
} from "../../components/backup-class";
import { backupRulesOf, START_WITHIN_MINUTES } from "../../components/backup-rules";
import { dedicatedCell, estateOf, SIZE, sharedCell } from "./estates";
import { type EstateRecording, ofType, one, providerUrn, recordEstate } from "./registrations";

const PLAN = "aws:backup/plan:Plan";
const VAULT = "aws:backup/vault:Vault";
const KEY = "arn:aws:kms:eu-west-1:111122223333:key/1";
const COPY = { copyTo: "eu-north-1", copyKey: "arn:aws:kms:eu-north-1:111122223333:key/2" };
const DEFAULTS = { retentionDays: 35, copyTo: "eu-central-1" };

describe("the class of a server", () => {
  test.each([
    ["a shared cell has RDS's own backups alone", sharedCell("eu-1", {}), undefined],
    [
      "a shared cell may ask for copies",
      { ...sharedCell("eu-1", {}), backup: { copyTo: "eu-north-1" } },
      "35d.eu-north-1",
    ],
    ["a dedicated tenant has the stack's days and region", dedicatedCell("acme"), "35d.eu-central-1"],
    ["its own days come first", dedicatedCell("acme", { backup: { retentionDays: 90 } }), "90d.eu-central-1"],
    ["copies under its own key are its own", dedicatedCell("acme", { key: KEY, backup: COPY }), "35d.eu-north-1.acme"],
    [
      "a shared cell may ask for continuous backups",
      { ...sharedCell("eu-1", {}), backup: { continuous: true } },
      "35d-continuous",
    ],
    ["so may a tenant", dedicatedCell("acme", { backup: { continuous: true } }), "35d-continuous.eu-central-1"],
  ])("%s", (_, cell, name) => {
    expect(backupClassOf(cell, DEFAULTS)?.name).toBe(name);
  });

  test("without a second region there are no copies", () => {
    expect(backupClassOf(dedicatedCell("acme"), { retentionDays: 14 })).toEqual({
      name: "14d",
      retentionDays: 14,
      continuous: false,
    });
  });

  test("is shared by servers with the same wishes", () => {
    const classes = ["acme", "birch"].flatMap((slug) => backupClassOf(dedicatedCell(slug), DEFAULTS) ?? []);
    expect(distinctClasses(classes)).toHaveLength(1);
  });
});

describe("the rules of a class", () => {
  const rulesOf = (retentionDays: number, continuous: boolean) =>
    backupRulesOf({ name: "any", retentionDays, continuous }).map(
      ({ name, schedule, deleteAfterDays, copied }) =>
        `${name} ${schedule} ${deleteAfterDays}d${copied ? " copied" : ""}`,
    );

  test("a daily backup at 03:00 UTC, however long it is kept", () => {
    expect(rulesOf(90, false)).toEqual(["daily cron(0 3 * * ? *) 90d copied"]);
  });

  test("a continuous backup stands alone while it reaches far enough", () => {
    expect(rulesOf(35, true)).toEqual(["continuous cron(0 3 * * ? *) 35d copied"]);
    expect(rulesOf(14, true)).toEqual(["continuous cron(0 3 * * ? *) 14d copied"]);
  });

  test("beyond that a daily one is beside it, and is what is copied", () => {
    expect(rulesOf(36, true)).toEqual(["continuous cron(0 3 * * ? *) 35d", "daily cron(0 4 * * ? *) 36d copied"]);
  });

  test("start windows do not overlap: AWS Backup would run one rule of the two", () => {
    const hours = backupRulesOf({ name: "any", retentionDays: 90, continuous: true }).map(({ schedule }) =>
      Number(/^cron\(0 (\d+) \* \* \? \*\)$/.exec(schedule)?.[1]),
    );
    const [first = 0, second = 0] = hours;
    expect((second - first) * 60).toBeGreaterThanOrEqual(START_WITHIN_MINUTES);
  });
});

describe("plans", () => {
  let estate: EstateRecording;
  beforeAll(async () => {
    const cells = [
      sharedCell("eu-1", {}),
      dedicatedCell("acme"),
      dedicatedCell("birch"),
      dedicatedCell("cedar", { key: KEY, backup: { ...COPY, retentionDays: 90 } }),
      dedicatedCell("dover", { server: { ...SIZE, replicas: 1 }, backup: { continuous: true } }),
    ];
    estate = await recordEstate(estateOf(cells), { backupLockDays: "7" });
  });

  test("are one per class, daily at 03:00 UTC, kept and copied for as long as the class says", () => {
    const names = ofType(estate, PLAN).map(({ name }) => name);
    expect(names.sort()).toEqual([
      "backups-eu-west-1-35d-continuous.eu-central-1",
      "backups-eu-west-1-35d.eu-central-1",
      "backups-eu-west-1-90d.eu-north-1.cedar",
    ]);
    expect(one(estate, PLAN, "backups-eu-west-1-90d.eu-north-1.cedar").inputs.rules).toEqual([
      expect.objectContaining({
        schedule: "cron(0 3 * * ? *)",
        startWindow: 60,
        completionWindow: 360,
        enableContinuousBackup: false,
        recoveryPointTags: { "tenantry:stack": "test" },
        lifecycle: { deleteAfter: 90 },
        copyActions: [{ destinationVaultArn: expect.stringContaining("-for-cedar"), lifecycle: { deleteAfter: 90 } }],
      }),
    ]);
  });

  test("take the servers of this stack and of their class: both conditions, not one of them", () => {
    const { inputs } = one(estate, "aws:backup/selection:Selection", "backups-eu-west-1-35d.eu-central-1-servers");
    expect(inputs.selectionTags).toBeUndefined();
    expect(inputs.conditions).toEqual([
      {
        stringEquals: [
          { key: "aws:ResourceTag/tenantry:stack", value: "test" },
          { key: "aws:ResourceTag/tenantry:backup", value: "35d.eu-central-1" },
        ],
      },
    ]);
    const tagged = ofType(estate, "aws:rds/instance:Instance").map(({ name, inputs: { tags } }) => [name, tags]);
    expect(Object.fromEntries(tagged)).toEqual({
      "eu-1-server": { "tenantry:cell": "eu-1" },
      "acme-server": { "tenantry:cell": "acme", "tenantry:plan": "enterprise", "tenantry:backup": "35d.eu-central-1" },
      "birch-server": {
        "tenantry:cell": "birch",
        "tenantry:plan": "enterprise",
        "tenantry:backup": "35d.eu-central-1",
      },
      "cedar-server": {
        "tenantry:cell": "cedar",
        "tenantry:plan": "enterprise",
        "tenantry:backup": "90d.eu-north-1.cedar",
      },
      "dover-server": {
        "tenantry:cell": "dover",
        "tenantry:plan": "enterprise",
        "tenantry:backup": "35d-continuous.eu-central-1",
      },
      "dover-replica-1": { "tenantry:cell": "dover", "tenantry:plan": "enterprise" },
    });
  });

  test("are looked for by servers alone: another class changes nothing else of a tenant", () => {
    const tagged = estate.registrations.filter(({ inputs }) => "tenantry:backup" in Object(inputs.tags));
    expect(new Set(tagged.map(({ type }) => type))).toEqual(new Set([PLAN, "aws:rds/instance:Instance"]));
  });

  test("copy into the second region, under the customer's key where the server has one", () => {
    const own = one(estate, VAULT, "backups-eu-west-1-to-eu-north-1-for-cedar");
    expect(own.inputs.kmsKeyArn).toBe(COPY.copyKey);
    expect(providerUrn(own)).toBe(one(estate, "pulumi:providers:aws", "eu-north-1-aws").urn);
    const common = one(estate, VAULT, "backups-eu-west-1-to-eu-central-1");
    expect(common.inputs.kmsKeyArn).toBe("arn:aws:mock:::backups-eu-west-1-to-eu-central-1-key");
    expect(providerUrn(common)).toBe(one(estate, "pulumi:providers:aws", "eu-central-1-aws").urn);
  });

  test("are locked in every vault, in its own region", () => {
    const locks = ofType(estate, "aws:backup/vaultLockConfiguration:VaultLockConfiguration");
    expect(locks.map(({ name }) => name)).toEqual(ofType(estate, VAULT).map(({ name }) => `${name}-lock`));
    for (const lock of locks) {
      // With `changeableForDays` the lock could never be taken away again.
      expect(lock.inputs).toEqual({ backupVaultName: expect.any(String), minRetentionDays: 7 });
      expect(providerUrn(lock)).toBe(providerUrn(one(estate, VAULT, lock.name.replace(/-lock$/, ""))));
      // Nothing can be deleted from a vault that is still locked; and of two locks the new one would go with the old.
      expect(lock).toMatchObject({ deletedWith: "", deleteBeforeReplace: true });
    }
  });

  test("are tried every quarter, in a network that nobody reaches", () => {
    const { inputs } = one(estate, "aws:ec2/securityGroup:SecurityGroup", "backups-eu-west-1-restore-test-quarantine");
    expect(inputs).toMatchObject({ ingress: [], egress: [] });
    const selection = "aws:backup/restoreTestingSelection:RestoreTestingSelection";
    expect(one(estate, selection, "backups-eu-west-1-restore-test-servers").inputs).toMatchObject({
      // Of this stack: without a condition every server of the account would be restored.
      protectedResourceConditions: { stringEquals: [{ key: "aws:ResourceTag/tenantry:stack", value: "test" }] },
      restoreMetadataOverrides: {
        dbSubnetGroupName: "eu-west-1-subnets-0a1b2c3",
        vpcSecurityGroupIds: '["backups-eu-west-1-restore-test-quarantine-id"]',
      },
    });
  });

  test("keep away from the servers' own windows", () => {
    const { backupWindow, maintenanceWindow } = one(estate, "aws:rds/instance:Instance", "acme-server").inputs;
    const hours = [backupWindow, maintenanceWindow].map((window) => Number(/(\d\d):00-/.exec(String(window))?.[1]));
    // From 03:00 a backup may start until 04:00, and not within the hour before a window.
    for (const hour of hours) expect(hour < 2 || hour > 5).toBe(true);
  });

  test("keep RDS's own backups for 35 days at most", () => {
    const days = ofType(estate, "aws:rds/instance:Instance").map(({ inputs }) => inputs.backupRetentionPeriod);
    expect(days.filter((kept) => kept !== 0)).toEqual([35, 35, 35, 35, 35]);
  });

  test("take RDS's own backups over where they are continuous, and nowhere else", () => {
    const ignored = ofType(estate, "aws:rds/instance:Instance")
      .filter(({ ignoreChanges }) => ignoreChanges.length > 0)
      .map(({ name, ignoreChanges }) => [name, ignoreChanges]);
    expect(ignored).toEqual([["dover-server", ["backupRetentionPeriod", "backupWindow"]]]);
  });
});

test("a region without a class has a vault and no plan", async () => {
  const estate = await recordEstate(estateOf([sharedCell("eu-1", {})]));
  expect(ofType(estate, VAULT).map(({ name }) => name)).toEqual(["backups-eu-west-1-vault"]);
  expect(estate.registrations.filter(({ type }) => /Plan|Selection/.test(type.split(":").pop() ?? ""))).toHaveLength(1);
});

test("another key has another vault: a vault keeps its own, and its name", async () => {
  const vaultsOf = async (copyKey: string) => {
    const cedar = dedicatedCell("cedar", { key: KEY, backup: { ...COPY, copyKey } });
    return one(await recordEstate(estateOf([cedar])), VAULT, "backups-eu-west-1-to-eu-north-1-for-cedar").inputs.name;
  };
  const [first, second] = [await vaultsOf(COPY.copyKey), await vaultsOf(`${COPY.copyKey}0`)];
  expect(first).toMatch(/^test-cedar-copies-[0-9a-f]{8}$/);
  expect(second).not.toBe(first);
});

test("the role that took the backups stays with them", async () => {
  const roleOf = async (deletionProtection: string) => {
    const { registrations } = await recordEstate(estateOf([sharedCell("eu-1", {})]), { deletionProtection });
    return registrations.filter(({ name }) => name.startsWith("backups-eu-west-1-role"));
  };
  expect((await roleOf("true")).map(({ retainOnDelete }) => retainOnDelete)).toEqual([true, true, true]);
  expect((await roleOf("false")).map(({ retainOnDelete }) => retainOnDelete)).toEqual([false, false, false]);
});

test("names fit AWS Backup, whatever the tenant is called, and stay apart", () => {
  const slugs = ["a".repeat(40), `${"a".repeat(39)}b`];
  const names = slugs.flatMap((slug) => {
    const ownCopies = { cell: slug, keyArn: KEY };
    const kept = { name: `3650d-continuous.ap-southeast-2.${slug}`, retentionDays: 3650, continuous: true };
    const one = { ...kept, copyTo: "ap-southeast-2", ownCopies };
    return [planName("production", "ap-northeast-1", one), copyVaultName("production", ownCopies)];
  });
  for (const name of names) expect(name).toMatch(/^[\w.-]{2,50}$/);
  expect(new Set(names).size).toBe(4);
  expect(restoreTestName("a stack", "ap-northeast-1")).toMatch(/^\w{1,50}$/);
});
