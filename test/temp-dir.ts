/**
 * Where tests keep what they remove again: in memory, on a machine with room for it. Most of what a server costs a test is a
 * disk that is asked for a thousand new files, and to forget them.
 */
import { existsSync, mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
/** In bytes; a server takes some 50 MB, and containers often have 64 MB there in all. */
const ROOM = 4 * 1024 ** 3;

function hasRoom(dir: string): boolean {
  if (!existsSync(dir)) return false;
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize > ROOM;
}

/** Makes a directory whose name begins with the prefix; whoever asks for it removes it. */
export const makeTempDir = (prefix: string): string => mkdtempSync(join(hasRoom(MEMORY) ? MEMORY : tmpdir(), prefix));
