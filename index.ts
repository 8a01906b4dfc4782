/** The Pulumi program: stack configuration and registry in, the tenants' estate out. */
import { loadStack } from "./components/load-stack";
import { TenantEstate } from "./components/tenant-estate";

// The SDK renders a stack trace for every promise that it makes, some 60 a resource: two thirds of the time of a large
// estate. One frame still says where an error was thrown.
if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) Error.stackTraceLimit = 1;

const estate = new TenantEstate("estate", loadStack(__dirname));

/** Where every tenant is: `slug, id, tier, cell, host, port, database, schema, status`, by slug. */
export const directory = estate.directory;
