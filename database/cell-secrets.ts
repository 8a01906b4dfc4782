/** Passwords of a cell's own logins, and the key that signs contexts. Store first, then database. */
import { type Client, escapeIdentifier, escapeLiteral } from "pg";
import { CELL_LOGINS, type CellSecretKind, cellLoginsOf, cellSecretPath, POOLED_SCHEMA } from "../registry/names";
import type { CellFacts } from "./cell-facts";
import { drawKey, FIRST_KID, KEY_SUBJECT } from "./context-key";
import { type Endpoint, ensureLoginSecret, renderEndpoint } from "./login-secret";
import { pairInUse, renderNamed } from "./rotation";
import { acceptKey, readKey } from "./signing-key";
import type { SecretStore } from "./types";

type CellLogin = (typeof CELL_LOGINS)[number];

/** The secrets that are still to be applied: all of them once the cell's address has changed. */
export function pendingSecrets(facts: CellFacts, endpoint: Endpoint): readonly CellSecretKind[] {
  const moved = facts.cell?.endpoint !== renderEndpoint(endpoint);
  const logins = CELL_LOGINS.filter((kind) => moved || facts.cell?.secrets[loginInUse(facts, kind)] === undefined);
  return facts.signing ? logins : [...logins, "context"];
}

/** For a run that uses the store anyway: whatever is missing there, since somebody wiped it, is drawn anew. */
export const ALL_SECRETS: readonly CellSecretKind[] = [...CELL_LOGINS, "context"];

const pairOf = (facts: CellFacts, kind: CellLogin) =>
  pairInUse(cellLoginsOf(kind), facts.rotations[cellLoginsOf(kind).a]);

export const loginInUse = (facts: CellFacts, kind: CellLogin): string => pairOf(facts, kind).login;

/** Applies these secrets. Each is noted when it is done, so that a run that is killed goes on with the next. */
export async function applyCellSecrets(
  client: Client,
  cell: string,
  kinds: readonly CellSecretKind[],
  { facts, endpoint, store }: { facts: CellFacts; endpoint: Endpoint; store: SecretStore },
): Promise<void> {
  for (const kind of kinds) {
    const subject = { store, endpoint, path: cellSecretPath(cell, kind), facts };
    if (kind === "context") await applyKey(client, subject);
    else await applyLogin(client, kind, subject);
  }
  // Last: a run that ends before is finished by the next, which finds the old address.
  await client.query("update tenantry.cell set endpoint = $1 where endpoint <> $1", [renderEndpoint(endpoint)]);
}

interface CellSecret {
  readonly store: SecretStore;
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly facts: CellFacts;
}

async function applyLogin(client: Client, kind: CellLogin, { store, facts, ...subject }: CellSecret): Promise<void> {
  const wanted = { ...subject, pair: pairOf(facts, kind), schema: POOLED_SCHEMA };
  const { login, renamed, fingerprint, verifier } = await ensureLoginSecret(store, wanted);
  if (!renamed && facts.cell?.secrets[login] === fingerprint) return;
  await client.query(
    [
      "begin",
      `alter role ${escapeIdentifier(login)} password ${escapeLiteral(await verifier())}`,
      renderNoted(login, fingerprint),
      ...(renamed ? [renderNamed(cellLoginsOf(kind).a)] : []),
      "commit",
    ].join(";\n"),
  );
}

/** That this secret was applied to the login. */
export const renderNoted = (login: string, fingerprint: string): string =>
  `update tenantry.cell set secrets = secrets || ${escapeLiteral(JSON.stringify({ [login]: fingerprint }))}::jsonb`;

async function applyKey(client: Client, { store, path, facts }: CellSecret): Promise<void> {
  const held = await readKey(store, path);
  const key = held ?? { kid: facts.rotations[KEY_SUBJECT]?.named ?? FIRST_KID, key: drawKey() };
  if (!held) await store.write(path, { kid: key.kid, key: key.key }, 0);
  await acceptKey(client, key);
}
