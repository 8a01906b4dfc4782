/** The two programs that are evaluated: Tenantry's own, unmodified, and the one with seven resources a tenant. */
import { join, relative } from "node:path";
import { loadProject } from "../local/project";
import type { Program } from "./evaluate";

const ROOT = join(__dirname, "..");

/** Stack configuration as Pulumi.prod.yaml has it, for both regions of the estate. */
export function tenantryProgram(registryDir: string): Program {
  const config = {
    vaultAddress: "https://vault.example.com:8200",
    bucketPrefix: "example-tenantry",
    brokerRoleArn: "arn:aws:iam::111122223333:role/session-broker",
    regions: JSON.stringify({ "eu-west-1": network("1"), "us-east-1": network("2") }),
    registryDir: relative(ROOT, registryDir),
  };
  const entries = Object.entries(config).map(([key, value]) => [`tenantry:${key}`, value] as const);
  const { nodeArgs } = loadProject(ROOT, "prod");
  return { dir: ROOT, main: join(ROOT, "index.ts"), config: Object.fromEntries(entries), nodeArgs };
}

export function sevenATenant(tenants: number): Program {
  const dir = join(__dirname, "seven-a-tenant");
  return { dir, main: join(dir, "index.ts"), config: { "tenantry:tenants": String(tenants) }, nodeArgs: [] };
}

function network(digit: string) {
  const id = digit.repeat(8);
  return {
    vpcId: `vpc-${id}`,
    subnetIds: [`subnet-${id}`, `subnet-${"9".repeat(8)}`],
    clientSecurityGroupIds: [`sg-${id}`],
  };
}
