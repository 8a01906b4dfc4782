/**
 * A stand-in as a process of its own, as the Pulumi CLI starts its plugins. Arguments: package, directory of the servers and
 * files, address of the engine. Prints the port that it listens on, and ends when the engine ends it.
 */
import { readFileSync } from "node:fs";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { z } from "zod";
import { TenantryError } from "../../registry/errors";
import { createServer, listen } from "../grpc";
import { FACTORIES } from "../providers/index";
import { progressTo } from "./progress";
import { serviceOf } from "./service";

async function run([name = "", home = "", engine = ""]: readonly string[]): Promise<void> {
  const factory = FACTORIES[name];
  if (!factory) {
    throw new TenantryError("TN-506", `there is no stand-in for the package "${name}"; there are ${known()}`);
  }
  // One machine serves all stacks, as one cloud does.
  const context = { stack: "", home, progress: progressTo(engine) };
  const server = createServer();
  server.addService(
    ResourceProviderService,
    serviceOf(versionOf(name), (config) => factory(context, config)),
  );
  process.stdout.write(`${await listen(server)}\n`);
}

/** That of the package which the program imports: the CLI warns of an older plugin. */
function versionOf(name: string): string {
  const description = readFileSync(require.resolve(`@pulumi/${name}/package.json`), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(description)).version;
}

const known = () => Object.keys(FACTORIES).sort().join(", ");

run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
