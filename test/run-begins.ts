/** What jest calls before the first test file: a place for the templates of servers, told to the workers by their environment. */
import { chmodSync } from "node:fs";
import { TEMPLATES } from "./server-template";
import { makeTempDir } from "./temp-dir";

export default function runBegins(): void {
  const dir = makeTempDir("tenantry-templates-");
  chmodSync(dir, 0o755); // the user of PostgreSQL reads it
  process.env[TEMPLATES] = dir;
}
