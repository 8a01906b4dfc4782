/** The pack as the Pulumi CLI starts it, asked over the engine's own protocol; and the page that lists its rules. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  AnalyzeRequest,
  type AnalyzeResponse,
  type AnalyzerInfo,
  AnalyzerResourceOptions,
  EnforcementLevel,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { parseStackConfig } from "../../components/stack-config";
import { levelOf, mergeConfig, packConfigOf, parsePackConfig } from "../../policies/config";
import { RULES } from "../../policies/rules";
import { renderRules, withRules } from "../../policies/rules-table";

const ROOT = join(__dirname, "..", "..");

describe("as the CLI starts it", () => {
  let child: ChildProcess;
  let client: AnalyzerClient;

  beforeAll(async () => {
    const runner = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
    const config = JSON.stringify({ "tenantry:environment": "staging", "tenantry:deletionProtection": "false" });
    const env = { ...process.env, PULUMI_CONFIG: config };
    const cwd = join(ROOT, "policies");
    child = spawn(process.execPath, [runner, "127.0.0.1:0", "."], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
    const port = await firstLine(child);
    client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  });
  afterAll(() => {
    client.close();
    child.kill();
  });

  test("tells its rules, and what the stack's configuration promises", async () => {
    const info = await answer<AnalyzerInfo>((done) => client.getAnalyzerInfo(new Empty(), done));
    expect(info.getName()).toBe("tenantry");
    expect(info.getPoliciesList().map((policy) => policy.getName())).toEqual(RULES.map(({ name }) => name));
    const initial = info.getInitialconfigMap();
    expect(initial.get("backup-retention")?.getProperties()?.toJavaScript()).toEqual({ minimumDays: 14 });
    expect(initial.get("deletion-protection")?.getProperties()?.toJavaScript()).toEqual({ rehearsal: true });
    // A configuration without a level would make the CLI print violations and go on.
    for (const [, config] of initial.entries()) expect(config.getEnforcementlevel()).toBe(EnforcementLevel.MANDATORY);
    for (const policy of info.getPoliciesList()) expect(policy.getEnforcementlevel()).toBe(EnforcementLevel.MANDATORY);
  });

  test.each([
    ["open to the internet", { publiclyAccessible: true }, ["no-public-server"]],
    ["as it should be", { publiclyAccessible: false }, []],
  ])("judges a server that is %s", async (_name, props, expected) => {
    const type = "aws:neptune/clusterInstance:ClusterInstance";
    const tags = { "tenantry:stack": "prod", "tenantry:owner": "platform" };
    const request = new AnalyzeRequest();
    request.setType(type);
    request.setUrn(`urn:pulumi:prod::tenantry::${type}::extra`);
    request.setName("extra");
    request.setOptions(new AnalyzerResourceOptions());
    request.setProperties(Struct.fromJavaScript({ ...props, tags }));
    const response = await answer<AnalyzeResponse>((done) => client.analyze(request, done));
    expect(response.getDiagnosticsList().map((found) => found.getPolicyname())).toEqual(expected);
  });
});

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    if (child.stdout === null) throw new Error("the pack has no output");
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the pack ended with ${code}`)));
  });

const answer = <T>(ask: (done: (error: Error | null, response: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => ask((error, response) => (error ? reject(error) : resolve(response))));

test("docs/policies.md lists the rules as they are: `npm run policies:docs` writes it", () => {
  const page = readFileSync(join(ROOT, "docs", "policies.md"), "utf8");
  expect(withRules(page, renderRules())).toBe(page);
});

describe("the configuration", () => {
  const required = {
    vaultAddress: "https://vault.example.com:8200",
    bucketPrefix: "example",
    regions: JSON.stringify({ "eu-west-1": { vpcId: "vpc-0123456789abcdef0" } }),
  };

  test.each([[{}], [{ environment: "staging" }], [{ backupRetentionDays: "60" }], [{ environment: "production" }]])(
    "promises the days of the program itself: %j",
    (said: Readonly<Record<string, string>>) => {
      const raw = Object.entries(said).map(([key, value]) => [`tenantry:${key}`, value]);
      const { backupRetentionDays: minimumDays } = parseStackConfig({ ...required, ...said });
      expect(packConfigOf(Object.fromEntries(raw))["backup-retention"]).toMatchObject({ minimumDays });
    },
  );

  test("of a file is laid over it, levels too", () => {
    const file = parsePackConfig('{ "all": "advisory", "backup-retention": "disabled", "x": { "y": 1 } }');
    const merged = mergeConfig(packConfigOf({}), file);
    expect(merged["backup-retention"]).toEqual({ minimumDays: 35, enforcementLevel: "disabled" });
    const levels = ["backup-retention", "required-tags"].map((rule) => levelOf(merged, rule));
    expect(levels).toEqual(["disabled", "advisory"]);
    expect(() => parsePackConfig('{ "backup-retention": "off" }')).toThrow(/"off" is no level; allowed: advisory/);
  });
});
