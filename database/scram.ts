/** What PostgreSQL stores of a password: enough to check it, not enough to use it. */
import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);
/** PostgreSQL's own default (`scram_iterations`). */
const ITERATIONS = 4096;

/**
 * `SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>`. The password must be ASCII: SASLprep is then the identity.
 * Sources: RFC 5802 section 3, RFC 7677, PostgreSQL's `pg_authid.rolpassword`.
 */
export async function scramVerifier(password: string, salt = randomBytes(16)): Promise<string> {
  const salted = await derive(password, salt, ITERATIONS, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
