import { SESSION_TAG } from "../../components/files-policies";
import { defaultId } from "../../registry/names";
import { dedicatedCell, estateOf, lineOf, sharedCell } from "./estates";
import type { Registration } from "./recorder";
import { type EstateRecording, ofType, one, recordEstate } from "./registrations";

const ROLE = "aws:iam/role:Role";
const VAULT_ROLE = "vault:kubernetes/authBackendRole:AuthBackendRole";
const ESTATE = estateOf([sharedCell("eu-1", { cedar: lineOf("cedar", "pooled") }), dedicatedCell("acme")]);

interface Statement {
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** Every IAM statement that the program registers, in whatever property. */
const statementsOf = ({ registrations }: EstateRecording): Statement[] =>
  registrations.flatMap(({ inputs }) =>
    ["policy", "assumeRolePolicy"].flatMap((property): Statement[] => {
      const text = inputs[property];
      return typeof text === "string" && text.startsWith("{") ? JSON.parse(text).Statement : [];
    }),
  );

const trustOf = ({ inputs }: Registration): Statement => JSON.parse(String(inputs.assumeRolePolicy)).Statement[0];

let estate: EstateRecording;
beforeAll(async () => {
  estate = await recordEstate(ESTATE);
});

test("nothing is allowed to everybody", () => {
  const statements = statementsOf(estate);
  expect(statements.length).toBeGreaterThan(8);
  const toAll = statements.filter(({ Principal }) => JSON.stringify(Principal)?.includes('"*"'));
  expect(toAll.length).toBeGreaterThan(0); // the refusals of plain text: the search finds what it looks for
  expect(toAll.filter(({ Effect }) => Effect !== "Deny")).toEqual([]);
});

test("shared tenants have one role together, a dedicated one has its own", () => {
  const sessions = ofType(estate, ROLE).filter(({ name }) => name.endsWith("-sessions"));
  expect(sessions.map(({ name }) => name)).toEqual(["files-eu-west-1-sessions", "acme-files-sessions"]);
  const own = one(estate, ROLE, "acme-files-sessions");
  expect(trustOf(own).Condition).toMatchObject({
    StringEquals: { [`aws:RequestTag/${SESSION_TAG}`]: defaultId("acme") },
  });
});

test("no resource has the session tag, which would make it a tenant", () => {
  const tags = estate.registrations.flatMap(({ inputs }) => Object.keys(Object(inputs.tags)));
  expect(tags.length).toBeGreaterThan(0);
  expect(tags.filter((tag) => tag.includes("session"))).toEqual([]);
});

test("without a broker nobody opens sessions", async () => {
  const closed = await recordEstate(ESTATE, {}, ["brokerRoleArn"]);
  expect(ofType(closed, ROLE).filter(({ name }) => name.endsWith("-sessions"))).toEqual([]);
});

describe("buckets", () => {
  const LOGS = "example-test-logs-eu-west-1";
  const FILES = ["example-test-files-eu-west-1", `example-test-tenant-acme-${defaultId("acme").slice(0, 8)}`];
  const BUCKETS = [LOGS, ...FILES];
  /** In the order of the buckets. */
  const settingsOf = (setting: string) => {
    const all = ofType(estate, `aws:s3/bucket${setting}:Bucket${setting}`);
    return BUCKETS.flatMap((bucket) => all.filter(({ inputs }) => inputs.bucket === bucket));
  };

  test("are closed to the public, owned, encrypted, versioned, tidied up and guarded, each of them", () => {
    expect(ofType(estate, "aws:s3/bucket:Bucket").map(({ inputs }) => inputs.bucket)).toEqual(BUCKETS);
    const settings = [
      "PublicAccessBlock",
      "OwnershipControls",
      "ServerSideEncryptionConfiguration",
      "Versioning",
      "LifecycleConfiguration",
      "Policy",
    ];
    for (const setting of settings) {
      expect([setting, settingsOf(setting).map(({ inputs }) => inputs.bucket)]).toEqual([setting, BUCKETS]);
    }
  });

  test("are told what becomes of old versions once they keep any, and where to log once logs may come", () => {
    for (const { inputs, dependsOn } of settingsOf("LifecycleConfiguration")) {
      const versions = settingsOf("Versioning").find((other) => other.inputs.bucket === inputs.bucket);
      expect(dependsOn).toContain(versions?.urn);
    }
    const admitted = settingsOf("Policy").find(({ inputs }) => inputs.bucket === LOGS);
    const logging = settingsOf("Logging");
    expect(logging.map(({ inputs }) => inputs.bucket)).toEqual(FILES);
    for (const { dependsOn } of logging) expect(dependsOn).toContain(admitted?.urn);
  });

  test("have no access lists, and let nobody in from outside", () => {
    for (const { inputs } of settingsOf("OwnershipControls")) {
      expect(inputs.rule).toEqual({ objectOwnership: "BucketOwnerEnforced" });
    }
    for (const { inputs } of settingsOf("PublicAccessBlock")) {
      const { bucket, ...blocks } = inputs;
      expect([bucket, Object.values(blocks)]).toEqual([bucket, [true, true, true, true]]);
    }
  });

  test("of tenants have a KMS key and a bucket key; log delivery works with S3's own alone", () => {
    const rules = settingsOf("ServerSideEncryptionConfiguration").map(({ inputs }) => Object(inputs.rules)[0]);
    expect(rules.map(({ bucketKeyEnabled }) => bucketKeyEnabled)).toEqual([false, true, true]);
    expect(rules.map(({ blockedEncryptionTypes }) => blockedEncryptionTypes)).toEqual([
      ["SSE-C"],
      ["SSE-C"],
      ["SSE-C"],
    ]);
    expect(rules.map((rule) => rule.applyServerSideEncryptionByDefault)).toEqual([
      { sseAlgorithm: "AES256" },
      { sseAlgorithm: "aws:kms", kmsMasterKeyId: "arn:aws:mock:::files-eu-west-1-key" },
      { sseAlgorithm: "aws:kms", kmsMasterKeyId: "arn:aws:mock:::acme-key" },
    ]);
  });

  test("of tenants write their access logs to the one of the region, which is not logged itself", () => {
    const logging = settingsOf("Logging").map(({ inputs }) => [inputs.bucket, inputs.targetBucket]);
    expect(logging).toEqual(FILES.map((bucket) => [bucket, LOGS]));
  });

  test("have a policy that is whole: nothing in it is unknown", () => {
    for (const { inputs } of settingsOf("Policy")) expect(inputs.policy).not.toContain("undefined");
  });
});

describe("keys", () => {
  const policyOf = (name: string) => JSON.parse(String(one(estate, "aws:kms/key:Key", name).inputs.policy));

  test("rotate, and wait as long as they can before they are deleted", () => {
    for (const { inputs } of ofType(estate, "aws:kms/key:Key")) {
      expect(inputs).toMatchObject({ enableKeyRotation: true, deletionWindowInDays: 30 });
    }
  });

  test("serve the services that keep data under them, in their region", () => {
    const services = (name: string) => policyOf(name).Statement[1].Condition.StringEquals["kms:ViaService"];
    expect(services("eu-1-key")).toEqual(["rds.eu-west-1.amazonaws.com", "backup.eu-west-1.amazonaws.com"]);
    expect(services("acme-key")).toContain("s3.eu-west-1.amazonaws.com");
    expect(services("files-eu-west-1-key")).toEqual(["s3.eu-west-1.amazonaws.com"]);
  });
});

describe("Vault", () => {
  test("keeps secrets in a version 2 mount that demands to know what is overwritten", () => {
    expect(one(estate, "vault:index/mount:Mount", "secrets-mount").inputs).toMatchObject({
      path: "secret",
      type: "kv",
      options: { version: "2" },
    });
    const settings = one(estate, "vault:kv/secretBackendV2:SecretBackendV2", "secrets-mount-settings");
    expect(settings.inputs).toMatchObject({ mount: "secret", casRequired: true, maxVersions: 10 });
  });

  test("lets pods of any namespace ask, for what their namespace's policy names", () => {
    expect(one(estate, VAULT_ROLE, "secrets-tenants-role").inputs).toMatchObject({
      roleName: "tenantry-tenants",
      boundServiceAccountNames: ["default"],
      boundServiceAccountNamespaces: ["*"],
      audience: "vault",
      aliasNameSource: "serviceaccount_uid",
      tokenPolicies: ["tenantry-tenants"],
    });
    const { policy } = one(estate, "vault:index/policy:Policy", "secrets-tenants").inputs;
    expect(policy).toContain("identity.entity.aliases.auth_kubernetes_1a2b3c4d.metadata.service_account_namespace");
  });

  test("lets the pooled application in by name alone", () => {
    expect(one(estate, VAULT_ROLE, "secrets-application-role").inputs).toMatchObject({
      boundServiceAccountNames: ["api"],
      boundServiceAccountNamespaces: ["shop"],
      tokenPolicies: ["tenantry-application"],
    });
  });

  test("reviews tokens with those of the pods themselves where Vault is outside of the cluster", async () => {
    const config = (recorded: EstateRecording) =>
      one(recorded, "vault:kubernetes/authBackendConfig:AuthBackendConfig", "secrets-kubernetes-config").inputs;
    expect(Object.keys(config(estate)).sort()).toEqual(["backend", "kubernetesHost"]);
    const caCertificate = "-----BEGIN CERTIFICATE-----";
    const kubernetesAuth = JSON.stringify({
      host: "https://kubernetes.example.com",
      caCertificate,
      issuer: "https://i",
    });
    expect(config(await recordEstate(ESTATE, { kubernetesAuth }))).toMatchObject({
      kubernetesCaCert: caCertificate,
      disableLocalCaJwt: true,
      issuer: "https://i",
      disableIssValidation: false,
    });
  });

  test("admits no pod without Kubernetes in the configuration", async () => {
    const closed = await recordEstate(ESTATE, {}, ["kubernetesAuth"]);
    const types = closed.registrations.map(({ type }) => type).filter((type) => type.startsWith("vault:"));
    expect(types).toEqual(["vault:index/mount:Mount", "vault:kv/secretBackendV2:SecretBackendV2"]);
  });

  test("is asked with a token of the run, never of the program", () => {
    expect(Object.keys(one(estate, "pulumi:providers:vault", "secrets-vault").inputs)).not.toContain("token");
  });
});
