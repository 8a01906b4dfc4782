/** The dev estate, killed with -9 after the n-th write of its state, for many n; each time the next `up` must converge. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runs } from "../runs";

const COMMAND = join(__dirname, "../../bin/tenantry.js");
/** More than the writes of one `up` from nothing: the last rounds are killed late, or not at all. */
const WRITES = 350;

const parent = mkdtempSync(join(tmpdir(), "tenantry-soak-"));
chmodSync(parent, 0o711);
const home = join(parent, "home");
const env = { ...process.env, TENANTRY_HOME: home };

const tenantry = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, "local", ...words], {
    env,
    encoding: "utf8",
  });
  return { status, text: stdout + stderr };
};

/** Gives when the process has ended: killed, or done before that many writes. */
async function upKilledAfter(writes: number): Promise<void> {
  mkdirSync(join(home, "dev"), { recursive: true, mode: 0o711 });
  const child = spawn(process.execPath, [COMMAND, "local", "up"], { env, stdio: "ignore", detached: true });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let seen = 0;
  const watcher = watch(join(home, "dev"), (_, file) => {
    if (file !== "state.json" || ++seen !== writes || child.pid === undefined) return;
    process.kill(-child.pid, "SIGKILL"); // the program that it runs too
  });
  await ended;
  watcher.close();
}

afterAll(() => {
  tenantry("destroy", "--yes", "--with-tenants");
  rmSync(parent, { recursive: true, force: true });
});

const rounds = Array.from({ length: runs(1) }, (_, round) => 1 + Math.floor(((round + 0.5) / runs(1)) * WRITES));

test.each(rounds)(
  "killed after write %i of the state",
  async (writes) => {
    await upKilledAfter(writes);
    expect(tenantry("up")).toMatchObject({ status: 0 });
    expect(tenantry("up").text).toContain("nothing changes");
    expect(tenantry("destroy", "--yes", "--with-tenants")).toMatchObject({ status: 0 });
    expect(existsSync(join(home, "dev"))).toBe(false);
  },
  300_000,
);
