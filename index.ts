/** The Pulumi program: stack configuration and registry in, the tenants' estate out. */
import { loadStack } from "./components/load-stack";
import { TenantEstate } from "./components/tenant-estate";

const estate = new TenantEstate("estate", loadStack(__dirname));

/** Where every tenant is: `slug, id, tier, cell, host, port, database, schema, status`, by slug. */
export const directory = estate.directory;
