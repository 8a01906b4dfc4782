/** What an application imports. Depends on `pg` alone. */
export type { DirectoryRow, FilesPlace } from "../registry/types";
export { connect, type RunOptions, TenantClient, type TransactionOptions } from "./client";
export { type ContextKey, type ContextOptions, signContext } from "./context";
export type { DirectorySource } from "./directory";
export { environmentSecrets } from "./environment-secrets";
export {
  ClientClosed,
  ClientError,
  CommitUnknown,
  DirectoryUnavailable,
  LoginRefused,
  NoConnection,
  OptionRefused,
  SecretUnavailable,
  TenantNotActive,
  TransactionEnded,
  TransactionOver,
  TransactionRolledBack,
  UnknownTenant,
} from "./errors";
export { type Expiring, FileSessions, type FileSessionsOptions } from "./file-sessions";
export { fixedSecrets } from "./fixed-secrets";
export { type Found, hashOfKey, type LookUpOptions } from "./look-up";
export type { TransactionMode } from "./opening";
export type { ConnectOptions, PoolerAddress } from "./options";
export type { Secrets, SecretValues } from "./secrets";
export type { Queryable, Statement } from "./statement";
export { type SessionRequest, type TenantFiles, tenantFiles } from "./tenant-files";
export { type VaultSecretsOptions, vaultSecrets } from "./vault-secrets";
