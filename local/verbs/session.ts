/** What a command needs around it: the project, the stack's lock and state, the machine made ready, somebody who watches. */
import { Providers } from "../deployment/providers";
import { Run } from "../deployment/run";
import { SILENT } from "../display/screen";
import { Watch } from "../display/watch";
import { makeHome, stackHome } from "../home";
import { withLock } from "../lock";
import { loadProject, type Project } from "../project";
import type { LocalContext, Prepared } from "../provider";
import { Redactor } from "../redactor";
import { StateFile } from "../state/file";
import { Store } from "../state/store";
import { withInterrupts } from "./interrupts";
import type { Options } from "./options";

export interface Session {
  readonly options: Options;
  readonly project: Project;
  readonly home: string;
  readonly context: LocalContext;
  readonly env: Readonly<Record<string, string>>;
  /** The stack's configuration with what the machine adds. */
  readonly config: Readonly<Record<string, string>>;
  readonly redactor: Redactor;
  readonly watch: Watch;
  readonly store: Store;
  readonly providers: Providers;
  readonly run: Run;
  /** Ends the program at once. */
  readonly signal: AbortSignal;
}

/** For a command that acts: under the lock, with all that must run running. */
export async function withSession<T>(
  options: Options,
  command: string,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  const project = loadProject(options.projectDir, options.stack);
  const home = stackHome(project.dir, options.stack);
  makeHome(home);
  return withLock(home, `tenantry local ${command}`, () => open(options, project, home, false, act));
}

/** For a command that only looks: nothing is started, written or locked. */
export async function withLook<T>(options: Options, look: (session: Session) => Promise<T>): Promise<T> {
  const project = loadProject(options.projectDir, options.stack);
  return open(options, project, stackHome(project.dir, options.stack), true, look);
}

async function open<T>(
  options: Options,
  project: Project,
  home: string,
  preview: boolean,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  const redactor = new Redactor();
  const watch = new Watch(options.json ? SILENT : options.screen, redactor);
  const file = new StateFile(home);
  const store = new Store(file.load(), redactor, preview ? undefined : file);
  const context: LocalContext = {
    stack: options.stack,
    home,
    progress: (urn, message) => watch.progress(urn, message),
  };
  const abort = new AbortController();
  const run = new Run({ preview, parallel: options.parallel, continueOnError: options.continueOnError }, watch);
  const stop = () => {
    run.stop();
    watch.log("warning", "stopping: what runs is finished, nothing new is started; Ctrl-C once more ends at once");
    if (preview) abort.abort();
  };
  return withInterrupts(
    stop,
    () => abort.abort(),
    async () => {
      const prepared = await (preview ? options.standIns.preparePreview(context) : options.standIns.prepare(context));
      if (prepared.env.VAULT_TOKEN) redactor.add(prepared.env.VAULT_TOKEN);
      const config = { ...project.config, ...prepared.config };
      const providers = new Providers(options.standIns, context, config, store);
      const { env } = prepared;
      const parts = { options, project, home, context, env, config, redactor, watch, store, providers, run };
      return withEnvironment(prepared, () => act({ ...parts, signal: abort.signal }));
    },
  );
}

/** The providers run in this process and read the token of the run from its environment. */
async function withEnvironment<T>({ env }: Prepared, run: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await run();
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}
