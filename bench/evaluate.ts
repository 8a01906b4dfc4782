/** Evaluates a Pulumi program as a preview does, in a process of its own, and measures it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { time } from "./measure";
import { type Registration, withNullEngine } from "./null-engine";

export interface Evaluation {
  readonly ms: number;
  /** Peak resident memory of the program's process. */
  readonly peakMb: number;
  /** Everything that was registered, by `type name`. */
  readonly registrations: ReadonlyMap<string, Registration>;
}

export interface Program {
  /** The directory that the program runs in. */
  readonly dir: string;
  /** Its entry file. */
  readonly main: string;
  /** Stack configuration: `project:key` to text. */
  readonly config: Readonly<Record<string, string>>;
  /** Options of Node, as the project's file has them. */
  readonly nodeArgs: readonly string[];
}

const RUNNER = require.resolve("@pulumi/pulumi/cmd/run");

/** Runs the program to its end. Throws when it fails, with what it said. */
export function evaluate(program: Program): Promise<Evaluation> {
  return withNullEngine(async ({ address, registrations, errors }) => {
    let peakMb = Number.NaN;
    const ms = await time(async () => {
      const { code, peak, said } = await run(program, address);
      if (code !== 0) throw new Error(`${program.main} ended with ${code}: ${errors.join("; ") || said.slice(-2000)}`);
      peakMb = peak;
    });
    return { ms, peakMb, registrations };
  });
}

interface Ended {
  readonly code: number | null;
  readonly peak: number;
  readonly said: string;
}

function run({ dir, main, config, nodeArgs }: Program, address: string): Promise<Ended> {
  const where = ["--monitor", address, "--engine", address, "--project", "tenantry", "--stack", "bench"];
  const args = [
    ...nodeArgs,
    "--require",
    join(__dirname, "peak-memory.js"),
    RUNNER,
    ...where,
    "--pwd",
    dir,
    "--dry-run",
    "true",
  ];
  const env = {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_NODEJS_TYPESCRIPT: "true",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args, main], { env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const said: string[] = [];
    const measured: string[] = [];
    child.stdout?.on("data", (chunk) => said.push(String(chunk)));
    child.stderr?.on("data", (chunk) => said.push(String(chunk)));
    child.stdio[3]?.on("data", (chunk) => measured.push(String(chunk)));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, peak: Number(measured.join("")), said: said.join("") }));
  });
}
