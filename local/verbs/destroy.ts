/** Removes everything of the stack from this machine. The two words are its only fence: `protect` does not hold here. */
import { Acts } from "../deployment/acts";
import { remove } from "../deployment/removal";
import { removeHome, stackHome } from "../home";
import { StateFile } from "../state/file";
import { conclude } from "./conclude";
import { assertWords } from "./destroy-words";
import type { ExitCode, Options } from "./options";
import { withSession } from "./session";

/** Asks the provider to delete tenants that are active. */
const DELETE_ACTIVE = "TENANTRY_DELETE_ACTIVE";

/** @throws TenantryError TN-508 when a word is missing. */
export async function destroy(options: Options): Promise<ExitCode> {
  const start = performance.now();
  if (!options.json) options.screen.print(`Destroying ${options.stack} on this machine`);
  assertWords(new StateFile(stackHome(options.projectDir, options.stack)).load().resources, options);
  return withSession(options, "destroy", async (session) => {
    const { store, providers, run, context, home } = session;
    if (options.withTenants) process.env[DELETE_ACTIVE] = "yes";
    try {
      await remove([...store.resources, ...store.condemned], store, new Acts(store, providers), run);
    } finally {
      delete process.env[DELETE_ACTIVE];
    }
    if (!run.failed && !run.stopping) {
      await options.standIns.cleanup(context);
      removeHome(home);
    }
    return conclude(session, {
      command: "destroy",
      ran: true,
      start,
      next: ["Nothing of the stack is left on this machine."],
    });
  });
}
