/** The Pulumi program: stack configuration and registry in, the tenants' estate out. */
import { skipSilentStacks } from "./components/error-stacks";
import { loadStack } from "./components/load-stack";
import { TenantEstate } from "./components/tenant-estate";

// With this variable the SDK says where a promise was made that never ended.
if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) skipSilentStacks();

const estate = new TenantEstate("estate", loadStack(__dirname));

/** Where every tenant is: `slug, id, tier, cell, host, port, database, schema, status`, by slug. */
export const directory = estate.directory;

/** Where the files of the tenants of each cell are: `region, cells, bucket, sessionRoleArn`. */
export const files = estate.files;
