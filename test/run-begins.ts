/** What jest calls before the first test file: a place for the templates of servers, told to the workers by their environment. */
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TEMPLATES } from "./server-template";

export default function runBegins(): void {
  const dir = mkdtempSync(join(tmpdir(), "tenantry-templates-"));
  chmodSync(dir, 0o755); // the user of PostgreSQL reads it
  process.env[TEMPLATES] = dir;
}
