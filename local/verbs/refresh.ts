/** Reads every resource as it is now and shows what drifted. Changes the state alone; `up` repairs. */
import { refresh as look } from "../deployment/refresh";
import { isNews } from "../display/tree";
import { conclude } from "./conclude";
import type { ExitCode, Options } from "./options";
import { withSession } from "./session";

/** One resource that cannot be read does not keep the others from being read. */
export async function refresh(options: Options): Promise<ExitCode> {
  const start = performance.now();
  if (!options.json) options.screen.print(`Refreshing ${options.stack} on this machine`);
  return withSession({ ...options, continueOnError: true }, "refresh", async (session) => {
    await look(session.store, session.providers, session.run);
    const drifted = session.watch.results.some(isNews);
    const next = drifted ? ["`preview` shows what an `up` will repair."] : [];
    return conclude(session, { command: "refresh", ran: true, start, next });
  });
}
