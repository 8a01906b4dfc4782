/** `tenantry local ...`: the unmodified program on this machine, by the local engine. */
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { screenOf } from "../local/display/screen";
import { stackHome } from "../local/home";
import { FACTORIES, isSimulated } from "../local/providers/index";
import { cleanup, prepare, preparePreview, start, status, stop } from "../local/servers";
import { destroy } from "../local/verbs/destroy";
import type { ExitCode, Options } from "../local/verbs/options";
import { preview } from "../local/verbs/preview";
import { refresh } from "../local/verbs/refresh";
import { up } from "../local/verbs/up";
import { lintNotes } from "./lint-estate";
import { STACK_OPTION } from "./options";
import { colors, EXIT, printNote, setExit } from "./output";
import { PROJECT_DIR } from "./project";
import { printServers } from "./servers";

interface Flags {
  readonly stack: string;
  readonly parallel: string;
  readonly continueOnError?: boolean;
  readonly diff?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly withTenants?: boolean;
  readonly refresh?: boolean;
}

const STAND_INS = { factories: FACTORIES, isSimulated, prepare, preparePreview, cleanup };

export function register(program: Command): void {
  const local = program.command("local").description("run the estate on this machine: no cloud, no account");
  engineVerb(local, "preview", "show what `up` would do; starts and changes nothing", preview);
  engineVerb(local, "up", "make the estate what the program says", upAndLint)
    .option("--yes", "do not ask, also on a terminal")
    .option("--refresh", "look at what is there first, and repair what drifted")
    .option("--continue-on-error", "after a failure, go on with what does not need what failed");
  engineVerb(local, "refresh", "look at what is there and show what drifted", refresh);
  engineVerb(local, "destroy", "remove everything of the stack from this machine", destroy, " --yes --with-tenants")
    .option("--yes", "without this word nothing is removed")
    .option("--with-tenants", "also while tenants are active: their data is lost")
    .option("--continue-on-error", "after a failure, go on with what does not need what failed");
  serverVerb(local, "status", "list the servers of the stack", status);
  serverVerb(local, "start", "start the servers of the stack that are not running", start);
  serverVerb(local, "stop", "stop the servers of the stack; their data stays", stop);
}

function engineVerb(
  local: Command,
  name: string,
  about: string,
  run: (options: Options) => Promise<ExitCode>,
  words = "",
): Command {
  return local
    .command(name)
    .description(about)
    .option(...STACK_OPTION)
    .option("--parallel <steps>", "steps at a time", "16")
    .option("--diff", "show every property of every resource that changes")
    .option("--json", "print one JSON document")
    .addHelpText("after", `\nExample:\n  $ npx tenantry local ${name} --stack dev${words}`)
    .action(async (flags: Flags, command: Command) => setExit(await run(optionsOf(flags, command))));
}

/** What lints find is told, and does not fail an `up` that worked: `tenantry lint` does. */
async function upAndLint(options: Options): Promise<ExitCode> {
  const code = await up(options);
  if (code === EXIT.ok) for (const note of await lintNotes(options.stack)) printNote(colors.yellow(note));
  return code;
}

function optionsOf(flags: Flags, command: Command): Options {
  const parallel = Number(flags.parallel);
  if (!Number.isInteger(parallel) || parallel < 1) {
    command.error(`error: --parallel takes a whole number from 1, not "${flags.parallel}"; type --parallel 16`, {
      exitCode: 2,
    });
  }
  const { stack, continueOnError = false, diff = false, json = false, yes = false, withTenants = false } = flags;
  const words = { continueOnError, diff, json, yes, withTenants, refresh: flags.refresh ?? false };
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const machine = { projectDir: PROJECT_DIR, standIns: STAND_INS, screen: screenOf(process.stdout) };
  return { ...machine, ...words, stack, parallel, ...(isTerminal && { ask }) };
}

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [yes/no] `)).trim());
  } finally {
    lines.close();
  }
}

type Servers = Awaited<ReturnType<typeof status>>;

function serverVerb(
  local: Command,
  name: string,
  about: string,
  run: (home: string) => Servers | Promise<Servers>,
): void {
  local
    .command(name)
    .description(about)
    .option(...STACK_OPTION)
    .option("--json", "print an array of servers")
    .addHelpText("after", `\nExample:\n  $ npx tenantry local ${name} --stack dev`)
    .action(async ({ stack, json }: { stack: string; json?: boolean }) => {
      printServers(await run(stackHome(PROJECT_DIR, stack)), json ?? false);
    });
}
