/** A cell made ready, attacked, and left as it was. */
import type { Attempt, Probe } from "../probe";
import { contextOf, findAttackers } from "./attackers";
import { readCatalog } from "./catalog";
import type { ProvedCell, SqlTarget, Stage } from "./cell";
import { withProbeTenants } from "./probe-tenants";
import { fillTables } from "./rows";
import { Sessions } from "./sessions";

export async function withStage<T>(proved: ProvedCell, use: (stage: Stage) => Promise<T>): Promise<T> {
  return await withProbeTenants(proved, async (admin, probes) => {
    const { tenants } = await readCatalog(admin);
    const { list: attackers, missing } = await findAttackers(proved, probes, tenants);
    const app = attackers.find(({ kind }) => kind === "app");
    const filled = await withSessions(proved, (sessions) =>
      fillTables(admin, sessions, probes, app && { login: app.login, contextOf: ({ id }) => contextOf(probes, id) }),
    );
    return await use({ proved, admin, probes, filled, attackers, missing });
  });
}

/** Runs the probes one after the other on what the cell has now, in sessions of their own. `attempts` gets those of each that ends. */
export async function attack(
  stage: Stage,
  probes: readonly Probe<SqlTarget>[],
  attempts: Attempt[] = [],
): Promise<readonly Attempt[]> {
  const { proved, admin } = stage;
  return await withSessions(proved, async (sessions) => {
    const target = { ...stage, cell: proved.cell, sessions, catalog: await readCatalog(admin) };
    for (const probe of probes) attempts.push(...(await probe.run(target)));
    return attempts;
  });
}

async function withSessions<T>(proved: ProvedCell, use: (sessions: Sessions) => Promise<T>): Promise<T> {
  const sessions = new Sessions(proved.cell, proved.connection, proved.signal);
  try {
    return await use(sessions);
  } finally {
    await sessions.closeAll();
  }
}
