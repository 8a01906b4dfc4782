/** Shows what `up` would do. Starts nothing and changes nothing. */
import { conclude } from "./conclude";
import { deploy } from "./deploy";
import type { ExitCode, Options } from "./options";
import { withLook } from "./session";

export async function preview(options: Options): Promise<ExitCode> {
  const start = performance.now();
  if (!options.json) options.screen.print(`Previewing ${options.stack} on this machine`);
  return withLook(options, async (session) => {
    const ran = await deploy(session);
    return conclude(session, { command: "preview", ran, start });
  });
}
