/** Brings the stack on this machine to what the program says. */
import { refresh as look } from "../deployment/refresh";
import { renderNext } from "../display/outputs";
import { isNews } from "../display/tree";
import { conclude } from "./conclude";
import { deploy, stackOutputs } from "./deploy";
import { EXIT, type ExitCode, type Options } from "./options";
import { preview } from "./preview";
import { withSession } from "./session";

/** With a terminal, and without `--yes`, it shows a preview and asks once. */
export async function up(options: Options): Promise<ExitCode> {
  if (options.ask && !options.yes && !options.json) {
    const seen = await preview(options);
    if (seen !== EXIT.ok) return seen;
    if (!(await options.ask(`Bring ${options.stack} to this state?`))) {
      options.screen.print("Nothing was changed.");
      return EXIT.ok;
    }
  }
  const start = performance.now();
  if (!options.json) options.screen.print(`Updating ${options.stack} on this machine`);
  return withSession(options, "up", async (session) => {
    if (options.refresh) await look(session.store, session.providers, session.run);
    const ran = await deploy(session);
    const changed = session.watch.results.some(isNews);
    return conclude(session, {
      command: "up",
      ran,
      start,
      next: changed ? renderNext(stackOutputs(session), options.stack) : [],
    });
  });
}
