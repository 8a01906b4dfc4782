/** The plugin: what the Pulumi CLI starts. */
import * as pulumi from "@pulumi/pulumi";
import { TenantryProvider } from "./provider";

pulumi.provider.main(new TenantryProvider(), process.argv.slice(2));
