/** PostgreSQL refuses to run as root: there it runs as the system user `postgres`, which is made when it is missing. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const NAME = "postgres";
let known: ServerUser | undefined;

/** The user to drop to, or nothing when this process is not root. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  known ??= findUser() ?? createUser();
  return known;
}

function findUser(): ServerUser | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${NAME}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

function createUser(): ServerUser {
  execFileSync("useradd", ["--system", "--user-group", "--no-create-home", NAME]);
  const user = findUser();
  if (!user) throw new Error(`cannot create the system user ${NAME}, which PostgreSQL needs when started as root`);
  return user;
}
