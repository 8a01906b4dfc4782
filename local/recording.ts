/**
 * Runs the program as a preview of an empty stack and keeps what it registers, with nothing behind it: no state, no server, no
 * account. What AWS would add to its simulated resources is made up, so that documents which name them can be read.
 */
import { TenantryError } from "../registry/errors";
import type { Registered } from "./deployment/deployment";
import type { Goal } from "./deployment/goal";
import { type Registrar, withMonitor } from "./monitor";
import { runProgram } from "./program";
import type { Project } from "./project";
import type { LocalContext, LocalProvider, Props, StandIns } from "./provider";
import { arn, siteOf, token } from "./providers/aws/site";
import { isProviderType, packageOf, packageOfProvider, parseUrn, urnOfReference } from "./urn";
import { containsUnknown, openProps } from "./wire";

export interface RecordingOptions {
  readonly project: Project;
  readonly standIns: Pick<StandIns, "factories" | "isSimulated">;
  /** Each line that the program prints. */
  readonly print: (line: string) => void;
}

const SERVER = "aws:rds/instance:Instance";
const PARALLEL = 16;

/** Everything that the program registers, components and providers too. @throws TenantryError TN-511 when the program fails. */
export async function recordProgram({ project, standIns, print }: RecordingOptions): Promise<readonly Goal[]> {
  const recording = new Recording(project, standIns);
  const errors: string[] = [];
  const log = (severity: string, message: string) => (severity === "error" ? errors.push(message) : print(message));
  const { config } = project;
  const ending = await withMonitor({ project, deployment: recording, log }, (address) => {
    const run = { project, address, config, env: {}, preview: true, parallel: PARALLEL, print };
    return runProgram({ ...run, signal: new AbortController().signal });
  });
  if (ending.kind === "done" && errors.length === 0) return recording.goals;
  const how = ending.kind === "died" ? `${ending.how}; what it printed is above` : `says:\n${errors.join("\n")}`;
  throw new TenantryError("TN-511", `the program of the stack ${project.stack} ${how}`);
}

class Recording implements Registrar {
  readonly goals: Goal[] = [];
  private readonly providers = new Map<string, LocalProvider>();

  constructor(
    private readonly project: Project,
    private readonly standIns: RecordingOptions["standIns"],
  ) {}

  async register(goal: Goal): Promise<Registered> {
    this.goals.push(goal);
    const { id, outputs } = goal.custom ? await this.outputsOf(goal) : { id: "", outputs: {} };
    return { urn: goal.urn, id, outputs: { ...goal.inputs, ...outputs }, result: "success" };
  }

  async registerOutputs(): Promise<void> {}

  async read(goal: Goal): Promise<Props> {
    return goal.inputs;
  }

  async invoke(name: string, reference: string, args: Props): Promise<Props> {
    return (await this.providerOf(name, reference).invoke(name, openProps(args))).outputs;
  }

  /** Of what is not simulated, and of what is made from unknown values, nothing is known: as in a preview. */
  private async outputsOf({ urn, type, provider, inputs }: Goal): Promise<{ id: string; outputs: Props }> {
    const opened = openProps(inputs);
    if (isProviderType(type)) return { id: token(32, urn), outputs: {} };
    if (type === SERVER) return { id: "", outputs: this.addressOf(opened, provider) };
    if (!this.standIns.isSimulated(type) || containsUnknown(opened)) return { id: "", outputs: {} };
    const standIn = this.providerOf(type, provider);
    const checked = await standIn.check(urn, {}, opened);
    if (checked.failures.length > 0) {
      const said = checked.failures.map(({ property, reason }) => `${property} ${reason}`).join("; ");
      throw new TenantryError("TN-511", `${parseUrn(urn).name} (${type}): ${said}`);
    }
    const { id, outs } = await standIn.create(urn, checked.inputs);
    return { id, outputs: outs };
  }

  /** No server is started: one of that name would answer here. */
  private addressOf({ identifier, port }: Props, reference: string): Props {
    const { region } = siteOf(this.configOf("aws", reference));
    const name = String(identifier);
    const address = `${name}.${token(12, region)}.${region}.rds.amazonaws.com`;
    return { address, endpoint: `${address}:${port}`, arn: arn("rds", region, `db:${name}`) };
  }

  private providerOf(type: string, reference: string): LocalProvider {
    const known = this.providers.get(reference === "" ? packageOf(type) : reference);
    if (known !== undefined) return known;
    const name = reference === "" ? packageOf(type) : packageOfProvider(parseUrn(urnOfReference(reference)).type);
    const factory = this.standIns.factories[name];
    if (factory === undefined)
      throw new TenantryError("TN-506", `the package "${name}" has no stand-in on this machine`);
    const context: LocalContext = { stack: this.project.stack, home: this.project.dir, progress: () => {} };
    const made = factory(context, this.configOf(name, reference));
    this.providers.set(reference === "" ? name : reference, made);
    return made;
  }

  /** Of an explicit provider its inputs, of a package's own the stack's configuration: `aws:region`. */
  private configOf(name: string, reference: string): Props {
    if (reference !== "") {
      const urn = urnOfReference(reference);
      return openProps(this.goals.find((goal) => goal.urn === urn)?.inputs ?? {});
    }
    const prefix = `${name}:`;
    const entries = Object.entries(this.project.config).filter(([key]) => key.startsWith(prefix));
    return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
  }
}
