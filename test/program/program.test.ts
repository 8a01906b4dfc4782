import * as pulumi from "@pulumi/pulumi";
import { loadStack } from "../../components/load-stack";
import type { DirectoryRow } from "../../registry/types";
import { type Recording, record } from "../components/recorder";
import { configOf, ROOT } from "./stack-files";

/** Runs index.ts as it stands, with the configuration of a stack. */
const runProgram = (stack: string): Promise<Recording<readonly DirectoryRow[]>> =>
  record(() => jest.requireActual<typeof import("../../index")>("../../index").directory, {
    stack,
    config: configOf(stack),
  });

/** What the program says when it cannot start: the text of its RunError. */
async function refusalOf(config: Readonly<Record<string, string>>, stack = "dev"): Promise<string> {
  const { value } = await record(async () => pulumi.output(refusal()), { stack, config });
  return value;
}

function refusal(): string {
  try {
    loadStack(ROOT);
    return "";
  } catch (error) {
    if (!pulumi.RunError.isInstance(error)) throw error;
    return error.message;
  }
}

test("the dev stack is four servers, and every tenant of its registry is in the directory", async () => {
  const { value, registrations, invokes } = await runProgram("dev");
  const servers = registrations.filter(({ type }) => type === "aws:rds/instance:Instance");
  expect(servers.map(({ inputs }) => inputs.identifier).sort()).toEqual([
    "dev-acme",
    "dev-eu-1",
    "dev-us-1",
    "dev-zephyr",
  ]);
  const roster = registrations.find(({ type }) => type === "tenantry:index:Roster");
  expect(value.map(({ slug }) => slug)).toEqual(Object.keys(Object(roster?.inputs.tenants)).sort());
  expect(value.length).toBeGreaterThanOrEqual(14);
  expect(invokes.map(({ token }) => token).sort()).toEqual([
    "aws:ec2/getSubnets:getSubnets",
    "aws:index/getCallerIdentity:getCallerIdentity",
    "aws:index/getCallerIdentity:getCallerIdentity",
  ]);
});

test("an empty configuration is refused with all that is missing, in one error", async () => {
  const text = await refusalOf({});
  expect(text).toMatch(/^3 errors in the stack configuration:\n/);
  for (const key of ["vaultAddress", "bucketPrefix", "regions"]) expect(text).toContain(`tenantry:${key}: missing; `);
});

test("a region of the registry without a network is refused with the command to type", async () => {
  const regions = JSON.stringify({ "eu-west-1": { vpcId: "vpc-0123456789abcdef0" } });
  const text = await refusalOf({ ...configOf("dev"), "tenantry:regions": regions });
  expect(text).toContain(`pulumi config set --path 'tenantry:regions["us-east-1"].vpcId' vpc-0123456789abcdef0`);
});

test("a stack without a registry file is refused with the stacks that have one", async () => {
  expect(await refusalOf(configOf("dev"), "demo")).toContain("there are dev, prod");
});

describe("without a certificate bundle", () => {
  const config = { ...configOf("dev"), "tenantry:tls": "verify-full", "tenantry:certificateBundle": "missing.pem" };
  const command = "type: curl --fail -o missing.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";

  test("an `up` is refused before anything is made, with the command that fetches it", async () => {
    expect(await refusalOf(config)).toContain(command);
  });

  test("a preview works, and says it", async () => {
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    jest.spyOn(pulumi.runtime, "isDryRun").mockReturnValue(true);
    expect(await refusalOf(config)).toBe("");
    expect(warn.mock.calls.flat().join("\n")).toContain(command);
    jest.restoreAllMocks();
  });
});

test("the keys of providers are not judged", async () => {
  expect(await refusalOf({ ...configOf("dev"), "aws:skipMetadataApiCheck": "true" })).toBe("");
});
