/** What jest calls after the last test file. */
import { rmSync } from "node:fs";
import { TEMPLATES } from "./server-template";

export default function runEnds(): void {
  const dir = process.env[TEMPLATES];
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
}
