/** What can go wrong with Vault. This room imports no other, so its codes are spelled out here; a test holds that the list of codes has them too. */

export const VAULT_CODES = {
  "TN-401": "no Vault token",
  "TN-402": "Vault does not answer",
  "TN-403": "Vault is sealed or not initialised",
  "TN-404": "Vault denies the token",
  "TN-405": "not a KV version 2 mount",
  "TN-406": "Vault refuses the request",
  "TN-407": "the secret changed meanwhile",
} as const;
export type VaultCode = keyof typeof VAULT_CODES;

/** Carries no secret: addresses, paths and Vault's own words alone. */
export class VaultError extends Error {
  override readonly name: string = "VaultError";

  constructor(
    readonly code: VaultCode,
    message: string,
  ) {
    super(`${message} [${code}]`);
  }
}

/** Somebody else wrote the secret first: read it again before the next write. */
export class CasMismatch extends VaultError {
  override readonly name = "CasMismatch";

  constructor(path: string, cas: number) {
    super(
      "TN-407",
      `secret ${path} is not at version ${cas} any more: another writer was faster; run the command again`,
    );
  }
}
