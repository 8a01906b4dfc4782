/** AWS on one machine: servers are real, the rest is simulated. Add a missing type to the table of its service in `aws/`. */
import type { LocalContext, LocalProvider, Props } from "../provider";
import { BACKUP } from "./aws/backup";
import { CLOUDWATCH } from "./aws/cloudwatch";
import { IAM } from "./aws/iam";
import { instance } from "./aws/instance";
import { KMS } from "./aws/kms";
import { NETWORK, NETWORK_FUNCTIONS } from "./aws/network";
import { parameterGroup } from "./aws/parameter-group";
import { S3 } from "./aws/s3";
import { simulate } from "./aws/simulate";
import { siteOf } from "./aws/site";
import { SNS } from "./aws/sns";
import { makeProvider } from "./stand-in";

const SIMULATED = { ...BACKUP, ...CLOUDWATCH, ...IAM, ...KMS, ...NETWORK, ...S3, ...SNS };

/** True for a type whose inputs are checked and whose outputs are made up. */
export const isSimulated = (type: string): boolean => Object.hasOwn(SIMULATED, type);

export function awsProvider(context: LocalContext, config: Props): LocalProvider {
  const site = siteOf(config);
  const simulated = Object.entries(SIMULATED).map(([type, row]) => [type, simulate(row, site)]);
  return makeProvider({
    file: "local/providers/aws/",
    functions: NETWORK_FUNCTIONS,
    types: {
      ...Object.fromEntries(simulated),
      "aws:rds/instance:Instance": instance(context, site),
      "aws:rds/parameterGroup:ParameterGroup": parameterGroup(context, site),
    },
  });
}
