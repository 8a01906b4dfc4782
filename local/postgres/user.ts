/** PostgreSQL refuses to run as root: there it runs as the system user `postgres`, which is made when it is missing. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { TenantryError } from "../../registry/errors";

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const NAME = "postgres";
/** In the order of trying: most systems, then BusyBox. */
const CREATE = [
  ["useradd", "--system", "--user-group", "--no-create-home", NAME],
  ["adduser", "-S", "-D", "-H", NAME],
] as const;
/** Exists everywhere; without its own user the servers share it with other services, which a rehearsal can bear. */
const FALLBACK = "nobody";
let known: ServerUser | undefined;

/** The user to drop to, or nothing when this process is not root. @throws TenantryError TN-523 when there is none. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  known ??= findUser(NAME) ?? createUser() ?? findUser(FALLBACK);
  if (!known) {
    throw new TenantryError(
      "TN-523",
      `PostgreSQL does not run as root, and there is no user ${NAME} and no useradd to make it; make the user, or run as another user`,
    );
  }
  return known;
}

function findUser(name: string): ServerUser | undefined {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(":");
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** Another process may make the user at the same time, and not every system has each command: what counts is the result. */
function createUser(): ServerUser | undefined {
  for (const [command, ...args] of CREATE) {
    try {
      execFileSync(command, args, { stdio: "ignore" });
    } catch {
      // looked up below
    }
    const user = findUser(NAME);
    if (user) return user;
  }
  return undefined;
}
