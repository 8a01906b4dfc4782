/** The stand-ins of this machine, by package. Add a missing package here. */
import type { ProviderFactory } from "../provider";
import { awsProvider } from "./aws";
import { postgresqlProvider } from "./postgresql";
import { randomProvider } from "./random";
import { tenantryProvider } from "./tenantry";
import { vaultProvider } from "./vault";

export { isSimulated } from "./aws";

export const FACTORIES: Readonly<Record<string, ProviderFactory>> = {
  aws: awsProvider,
  postgresql: postgresqlProvider,
  random: randomProvider,
  tenantry: tenantryProvider,
  vault: vaultProvider,
};
