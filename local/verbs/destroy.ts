/** Removes everything of the stack from this machine. The two words are its only fence: `protect` does not hold here. */
import pc from "picocolors";
import { TenantryError } from "../../registry/errors";
import { Acts } from "../deployment/acts";
import { remove } from "../deployment/removal";
import { renderDocument } from "../display/document";
import { removeHome, stackHome } from "../home";
import { withLock } from "../lock";
import { StateFile } from "../state/file";
import { conclude } from "./conclude";
import { assertWords } from "./destroy-words";
import { EXIT, type ExitCode, type Options } from "./options";
import { withSession } from "./session";

/** Asks the provider to delete tenants that are active. */
const DELETE_ACTIVE = "TENANTRY_DELETE_ACTIVE";

const NOTHING_LEFT = "Nothing of the stack is left on this machine.";

/** Files without which nothing can be deleted step by step: the state, its key, the records of servers and of the Vault. */
const DAMAGE = ["TN-502", "TN-503", "TN-510", "TN-525"];

/**
 * With both words it succeeds whatever is damaged.
 * @throws TenantryError TN-508 when a word is missing.
 */
export async function destroy(options: Options): Promise<ExitCode> {
  const start = performance.now();
  if (!options.json) options.screen.print(`Destroying ${options.stack} on this machine`);
  try {
    return await deleteAll(options, start);
  } catch (error) {
    const isDamaged = error instanceof TenantryError && DAMAGE.includes(error.code);
    if (!isDamaged || !options.yes || !options.withTenants) throw error;
    return clearAll(options, start, error);
  }
}

/** Resource by resource, each after those that need it. */
async function deleteAll(options: Options, start: number): Promise<ExitCode> {
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
      next: [NOTHING_LEFT],
    });
  });
}

/** Without a look at the resources: what runs on this machine ends, and the directory of the stack goes. */
async function clearAll({ projectDir, stack, standIns, screen, json }: Options, start: number, cause: Error) {
  const home = stackHome(projectDir, stack);
  await withLock(home, "tenantry local destroy", async () => {
    await standIns.cleanup({ stack, home, progress: () => undefined });
    removeHome(home);
  });
  const message = `everything was removed without a look at the resources, because ${cause.message}`;
  const exitCode = EXIT.ok;
  if (json) {
    const diagnostics = [{ severity: "warning", message }] as const;
    const seconds = (performance.now() - start) / 1000;
    const parts = { command: "destroy", stack, exitCode, results: [], diagnostics, outputs: {}, seconds };
    screen.print(renderDocument({ ...parts, isSimulated: standIns.isSimulated }));
  } else {
    for (const line of [pc.yellow(`warning: ${message}`), "", NOTHING_LEFT]) screen.print(line);
  }
  return exitCode;
}
