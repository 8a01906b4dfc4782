/** What a server's refusal says about what we know: that the secret, or the directory, may be old. */
import { DatabaseError } from "pg";
import { ClientError } from "./errors";

/** A wrong password, or a login that may not log in: its secret may have been rotated, its tenant suspended or moved. */
const LOGIN: readonly (string | undefined)[] = ["28P01", "28000"];

export const isLoginRefused = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && LOGIN.includes(error.code);

/** Nothing answers as that server, or it has no such database: the tenant may be elsewhere by now. */
export const isNotThere = (error: unknown): boolean =>
  error instanceof DatabaseError ? error.code === "3D000" : !(error instanceof ClientError);

/** `tenantry.current_tenant()` does not serve this context or login: suspended, moved, or signed with a key that has ended. */
export const isTenantRefused = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError &&
  error.code === "42501" &&
  (error.message === "tenant context refused" || error.message === "tenant is not active");
