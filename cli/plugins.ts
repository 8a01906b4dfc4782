/** `tenantry plugins ...`: the stand-ins of this machine for whoever has the Pulumi CLI. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { machineStatus, removeMachine, startMachine, stopMachine } from "../local/plugins/machine";
import { writeShims } from "../local/plugins/shims";
import type { ServerStatus } from "../local/servers";
import { STACK_OPTION } from "./options";
import { printLine, printNote } from "./output";
import { PROJECT_DIR } from "./project";
import { printServers } from "./servers";

export function register(program: Command): void {
  const plugins = program
    .command("plugins")
    .description("let the Pulumi CLI run a stack on this machine: no cloud, no account");
  plugins
    .command("write <dir>")
    .description("write the executables that stand for the plugins of aws, postgresql, random and vault")
    .addHelpText("after", "\nExample:\n  $ npm run plugins -- /var/tmp/plugins")
    .action((dir: string) => {
      for (const path of writeShims(dir)) printLine(path);
      printNote(
        `Next, in every shell that runs \`pulumi\`:\n  eval "$(npx tenantry plugins start ${dir} --stack dev)"`,
      );
    });
  plugins
    .command("start <dir>")
    .description("start the Vault and the servers behind the plugins; print what a shell must export")
    .option(...STACK_OPTION)
    .addHelpText(
      "after",
      '\nExample:\n  $ eval "$(npx tenantry plugins start /var/tmp/plugins --stack dev)"\n  $ pulumi up --stack dev',
    )
    .action(async (dir: string, { stack }: { stack: string }) => {
      const { address, token } = await startMachine(dir, PROJECT_DIR, stack);
      printLine(`export PATH='${resolve(dir)}':"$PATH" VAULT_ADDR='${address}' VAULT_TOKEN='${token}'`);
    });
  serverVerb(plugins, "status", "list the servers behind the plugins", machineStatus);
  serverVerb(plugins, "stop", "stop the servers behind the plugins; their data stays", stopMachine);
  plugins
    .command("remove <dir>")
    .description("after `pulumi destroy`: end the servers, and remove the plugins and all data")
    .action(removeMachine);
}

type Servers = readonly ServerStatus[];

function serverVerb(
  plugins: Command,
  name: string,
  about: string,
  run: (dir: string) => Servers | Promise<Servers>,
): void {
  plugins
    .command(`${name} <dir>`)
    .description(about)
    .option("--json", "print an array of servers")
    .action(async (dir: string, { json }: { json?: boolean }) => printServers(await run(dir), json ?? false));
}
