/** What can go wrong between an application and its tenants. None of these errors holds a secret. */
import type { Code } from "../registry/errors";
import type { Status } from "../registry/types";

/** Errors that PostgreSQL reports stay `DatabaseError` of `pg`, with their SQLSTATE; all others of this room are one of these. */
export abstract class ClientError extends Error {
  abstract readonly code: Extract<Code, `TN-9${string}`>;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The directory does not have the tenant, also after it was asked again. */
export class UnknownTenant extends ClientError {
  override readonly code = "TN-901";

  constructor(
    readonly slug: string,
    options?: ErrorOptions,
  ) {
    super(`the directory has no tenant ${slug}; those are there that an \`up\` has made [TN-901]`, options);
  }
}

/** The tenant is suspended or leaves. Said before any connection is made, wherever the directory knows it. */
export class TenantNotActive extends ClientError {
  override readonly code = "TN-902";

  constructor(
    readonly slug: string,
    readonly status: Exclude<Status, "active">,
    options?: ErrorOptions,
  ) {
    super(
      `${slug} is ${status}; \`status: active\` in the registry and an \`up\` give it access again [TN-902]`,
      options,
    );
  }
}

/** There is no directory yet, and none could be read: see `cause`. A directory that was read before stays in use instead. */
export class DirectoryUnavailable extends ClientError {
  override readonly code = "TN-903";

  constructor(reason: string, options?: ErrorOptions) {
    super(`the directory of tenants cannot be read: ${reason} [TN-903]`, options);
  }
}

/** A secret that cannot be read (see `cause`), is not there, or lacks what it must hold. */
export class SecretUnavailable extends ClientError {
  override readonly code = "TN-904";

  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`the secret ${path} cannot be used: ${reason} [TN-904]`, options);
  }
}

/** The server refuses the login, also with the secret read again. */
export class LoginRefused extends ClientError {
  override readonly code = "TN-905";

  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`the login of the secret ${path} is refused: ${reason} [TN-905]`, options);
  }
}

/** No connection: the server does not answer, or every connection was in use for as long as `connectTimeoutMs`. */
export class NoConnection extends ClientError {
  override readonly code = "TN-906";

  constructor(where: string, reason: string, options?: ErrorOptions) {
    super(`no connection to ${where}: ${reason} [TN-906]`, options);
  }
}

/** A statement began or ended a transaction itself. What follows would not be the tenant's transaction any more. */
export class TransactionEnded extends ClientError {
  override readonly code = "TN-907";

  constructor(readonly command: string) {
    super(
      `the transaction was ended by a statement of its own (${command}); what stood before it is done or undone, nothing follows: ` +
        "return from the function to commit, throw to roll back, use savepoints for parts [TN-907]",
    );
  }
}

/** The transaction was used after its function had returned, thrown or been aborted. */
export class TransactionOver extends ClientError {
  override readonly code = "TN-908";

  constructor() {
    super(
      "the transaction is over: its function has ended; wait for every statement before the function returns [TN-908]",
    );
  }
}

/** The transaction did not commit: one of its statements had failed (see `cause`), and its error was swallowed. */
export class TransactionRolledBack extends ClientError {
  override readonly code = "TN-909";

  constructor(options?: ErrorOptions) {
    super(
      "the transaction was rolled back: one of its statements had failed, and its error was swallowed; " +
        "use a savepoint for what may fail [TN-909]",
      options,
    );
  }
}

/** The connection was lost after the commit was sent: whether it was carried out is not known. */
export class CommitUnknown extends ClientError {
  override readonly code = "TN-910";

  constructor(options?: ErrorOptions) {
    super(
      "the connection was lost while the transaction was being committed: read whether it was, before trying again [TN-910]",
      options,
    );
  }
}

/** The client was closed. */
export class ClientClosed extends ClientError {
  override readonly code = "TN-911";

  constructor() {
    super("the client is closed: `connect` makes another [TN-911]");
  }
}

/** An option of `connect` that is not allowed. */
export class OptionRefused extends ClientError {
  override readonly code = "TN-912";

  constructor(reason: string) {
    super(`${reason} [TN-912]`);
  }
}
