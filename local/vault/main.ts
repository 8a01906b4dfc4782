/**
 * The process of the local Vault. Arguments: its directory, and the port to listen on where it must be that one. Tells the
 * process that started it when it listens.
 */
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { errorCode } from "../errors";
import { readVault, STOPPED, writeVault } from "./files";
import { createVault } from "./server";
import { Storage } from "./storage";

const WATCH_MS = 1_000;

async function run(dir: string, fixedPort: number | undefined): Promise<void> {
  process.umask(0o077);
  const before = readVault(dir);
  const rootToken = before?.rootToken ?? `hvs.${randomBytes(24).toString("base64url")}`;
  const server = createVault(new Storage(dir), rootToken);
  const port = fixedPort === undefined ? await listenOn(server, before?.port ?? 0) : await listen(server, fixedPort);
  if (!process.connected) return process.exit(1); // killed before it knew of us: the next command starts its own
  writeVault(dir, { pid: process.pid, port, rootToken });
  process.on("SIGTERM", () => {
    writeVault(dir, { pid: STOPPED, port, rootToken });
    process.exit(0); // every change is on disk before it is answered
  });
  setInterval(() => isForgotten(dir) && process.exit(0), WATCH_MS);
  process.send?.("listening");
  process.disconnect?.();
}

/** Nobody finds the process any more: its directory was removed, or another one serves it by now. */
function isForgotten(dir: string): boolean {
  try {
    return readVault(dir)?.pid !== process.pid;
  } catch {
    return false; // damaged; it may be restored
  }
}

/** The port of before, or another one when somebody else has it now. */
async function listenOn(server: Server, port: number): Promise<number> {
  try {
    return await listen(server, port);
  } catch (error) {
    if (errorCode(error) !== "EADDRINUSE") throw error;
    return listen(server, 0);
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address.port);
    });
  });
}

const [dir = "", port] = process.argv.slice(2);
run(dir, port === undefined ? undefined : Number(port)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
