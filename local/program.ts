/** Runs the unmodified program with the SDK's own runner, as `pulumi` does. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Project } from "./project";

export interface ProgramOptions {
  readonly project: Project;
  /** Where the engine listens: host:port. */
  readonly address: string;
  readonly config: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly preview: boolean;
  readonly parallel: number;
  /** Each line that the program prints. */
  readonly print: (line: string) => void;
  /** Ends the program at once. */
  readonly signal: AbortSignal;
}

export type Ending =
  | { readonly kind: "done" }
  /** The SDK's runner has told the engine what was wrong. */
  | { readonly kind: "reported" }
  | { readonly kind: "died"; readonly how: string };

/** The runner's exit code for "the error has been shown". */
const REPORTED = 32;

/** Resolves when the program has ended and all of its output has been printed. */
export function runProgram(options: ProgramOptions): Promise<Ending> {
  const { project, address, config, env, preview, parallel } = options;
  const runner = require.resolve("@pulumi/pulumi/cmd/run", { paths: [project.dir] });
  const flags = ["--monitor", address, "--engine", address, "--project", project.name, "--stack", project.stack];
  const mode = preview ? ["--dry-run"] : [];
  const args = [
    ...project.nodeArgs,
    runner,
    ...flags,
    "--pwd",
    project.dir,
    "--parallel",
    String(parallel),
    ...mode,
    project.main,
  ];
  const child = spawn(process.execPath, args, {
    cwd: project.dir,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: Ctrl-C is for the engine, which lets running steps finish.
    detached: true,
    env: {
      ...process.env,
      ...env,
      PULUMI_CONFIG: JSON.stringify(config),
      PULUMI_CONFIG_SECRET_KEYS: "[]",
      PULUMI_NODEJS_TYPESCRIPT: "true",
      // Types are checked by `npm run types`; here that would cost seconds.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    },
  });
  const kill = () => child.kill("SIGKILL");
  options.signal.addEventListener("abort", kill, { once: true });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", options.print);
  return ending(child).finally(() => options.signal.removeEventListener("abort", kill));
}

function ending(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve({ kind: "done" });
      else if (code === REPORTED) resolve({ kind: "reported" });
      else resolve({ kind: "died", how: signal ? `was ended by ${signal}` : `ended with exit code ${code}` });
    });
  });
}
