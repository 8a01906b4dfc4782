/** Reads a Vault and attacks it: by its policies, then by logins. */

import { VaultError } from "../../vault/errors";
import type { VaultAddress } from "../../vault/http";
import { VaultHttp } from "../../vault/http";
import type { Attempt } from "../probe";
import { type LiveVault, liveLogins } from "./live";
import { VAULT_PROBES } from "./probes";
import { readVault, type VaultSources } from "./read-vault";

export interface AttackedVault extends VaultSources {
  /** The token of an operator, which may read policies and roles. */
  readonly vault: VaultAddress;
  readonly podToken: LiveVault["podToken"];
}

/** Never throws for a Vault that is away, or sealed: that is told as not tried. */
export async function attackVault({ vault, podToken, ...sources }: AttackedVault): Promise<readonly Attempt[]> {
  try {
    const estate = await readVault(new VaultHttp(vault), sources);
    const evaluated = await Promise.all(VAULT_PROBES.map((probe) => probe.run(estate)));
    return [...evaluated.flat(), ...(await liveLogins.run({ ...vault, estate, podToken }))];
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return untriedVault(error.message);
  }
}

/** Every attack on the Vault, not made. */
export const untriedVault = (why: string): readonly Attempt[] =>
  [...VAULT_PROBES, liveLogins].map(({ name, layer }) => ({
    probe: name,
    where: layer,
    who: "everybody",
    target: "the Vault",
    statement: "",
    outcome: "untried",
    answer: why,
  }));
