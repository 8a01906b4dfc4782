/** Runs the program and brings the stack to what it says: the common part of preview and up. */
import { Deployment } from "../deployment/deployment";
import { withMonitor } from "../monitor";
import { runProgram } from "../program";
import type { Props } from "../provider";
import { parseUrn, STACK_TYPE } from "../urn";
import type { Session } from "./session";

/** True when the program ran to its end. What was wrong with it has been logged. */
export async function deploy(session: Session): Promise<boolean> {
  const { project, config, env, store, providers, run, watch, signal, options } = session;
  const { preview } = run.mode;
  const deployment = new Deployment(store, providers, run);
  const log = watch.log.bind(watch);
  const ending = await withMonitor({ project, deployment, log }, (address) =>
    (options.runProgram ?? runProgram)({
      project,
      address,
      config,
      env,
      preview,
      parallel: options.parallel,
      print: (line) => watch.log("info", line),
      signal,
    }),
  );
  if (ending.kind === "died") watch.log("error", `the program ${ending.how}; what it printed is above`);
  if (ending.kind === "done") await deployment.finish();
  else await run.drain();
  return ending.kind === "done";
}

/** What the program exports. */
export function stackOutputs({ store }: Session): Props {
  return store.resources.find(({ urn }) => parseUrn(urn).type === STACK_TYPE)?.outputs ?? {};
}
