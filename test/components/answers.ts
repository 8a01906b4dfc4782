/** What the mocked cloud answers: the outputs that the program reads, by type. */
import * as pulumi from "@pulumi/pulumi";
import type { DirectoryRow, Status, Tier } from "../../registry/types";

type Inputs = Readonly<Record<string, unknown>>;
type Outputs = Readonly<Record<string, unknown>>;

const arn = (name: string): Outputs => ({ arn: `arn:aws:mock:::${name}` });
const named = (name: string): Outputs => ({ name: `${name}-0a1b2c3` });

const OUTPUTS: Readonly<Record<string, (name: string, inputs: Inputs) => Outputs>> = {
  "random:index/randomPassword:RandomPassword": (name) => ({ result: pulumi.secret(`password of ${name}`) }),
  "aws:rds/instance:Instance": (name, { port }) => ({ ...arn(name), address: `${name}.mock.example.com`, port }),
  "aws:rds/subnetGroup:SubnetGroup": named,
  "aws:rds/parameterGroup:ParameterGroup": named,
  "aws:kms/key:Key": arn,
  "aws:s3/bucket:Bucket": arn,
  "aws:iam/role:Role": (name) => ({ ...arn(name), ...named(name) }),
  "aws:backup/vault:Vault": (name) => ({ ...arn(name), ...named(name) }),
  "aws:sns/topic:Topic": arn,
  "aws:cloudwatch/eventRule:EventRule": named,
  "vault:index/authBackend:AuthBackend": () => ({ accessor: "auth_kubernetes_1a2b3c4d" }),
  "tenantry:index:CellTenants": (_, inputs) => ({ directory: directoryOf(inputs), shared: {} }),
};

export function answer(type: string, name: string, inputs: Inputs): { id: string; state: Outputs } {
  return { id: `${name}-id`, state: { ...inputs, ...OUTPUTS[type]?.(name, inputs) } };
}

const ANSWERS: Readonly<Record<string, Outputs>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": { accountId: "111122223333" },
  "aws:ec2/getVpcs:getVpcs": { ids: ["vpc-0000000a"] },
  "aws:ec2/getSubnets:getSubnets": { ids: ["subnet-0000000a", "subnet-0000000b"] },
};

export function answerInvoke(token: string): Outputs {
  const answers = ANSWERS[token];
  if (answers !== undefined) return answers;
  throw new Error(`the mocks do not answer ${token}`);
}

function directoryOf({ cell, tenants }: Inputs): DirectoryRow[] {
  const lines = Object.entries(tenants ?? {});
  return lines.map(([slug, line]) => ({
    slug,
    id: wordOf(line, "id"),
    tier: String(line).split(" ")[0] as Tier,
    cell: String(cell),
    host: `${cell}.mock.example.com`,
    port: 5432,
    database: "app",
    schema: "pooled",
    status: wordOf(line, "status") as Status,
  }));
}

const wordOf = (line: unknown, word: string): string => String(line).match(new RegExp(` ${word}=(\\S+)`))?.[1] ?? "";
