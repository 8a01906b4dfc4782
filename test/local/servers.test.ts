import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { findBinaries, reachableBinaries } from "../../local/postgres/binaries";
import {
  createInstance,
  findInstance,
  instanceState,
  setInstanceAdmin,
  startInstance,
} from "../../local/postgres/instance";
import { serverUser } from "../../local/postgres/user";
import { runsWith } from "../../local/process";
import type { Props } from "../../local/provider";
import { FACTORIES } from "../../local/providers";
import { cleanup, prepare, preparePreview, start, status, stop } from "../../local/servers";
import { makeTestHome, TestResource } from "./stand";

const home = makeTestHome();
const NAME = "test-eu-1";
const admin = { username: "tenantry_admin", password: "a-Password-1" };
const inputs: Props = {
  identifier: NAME,
  engine: "postgres",
  engineVersion: "17",
  instanceClass: "db.t4g.micro",
  allocatedStorage: 20,
  ...admin,
  skipFinalSnapshot: true,
};
const server = new TestResource(
  FACTORIES.aws?.(home, { region: "eu-west-1" }) as never,
  "aws:rds/instance:Instance",
  "server",
);
const dataDir = join(home.home, "servers", NAME, "data");
const lockFile = join(dataDir, "postmaster.pid");
const statusOf = (name: string) => status(home.home).find((row) => row.name === name);

beforeAll(async () => {
  await prepare(home);
  await server.create(inputs);
});
afterAll(() => home.remove());

const portOf = () => findInstance(home.home, NAME)?.port ?? 0;

async function version(port = portOf()): Promise<string> {
  const client = new Client({
    host: "127.0.0.1",
    port,
    user: admin.username,
    password: admin.password,
    database: "postgres",
  });
  await client.connect();
  try {
    return (await client.query("show server_version")).rows[0].server_version;
  } finally {
    await client.end();
  }
}

/** Listens on a port, as soon as the processes of a killed server let go of it. */
async function take(port: number): Promise<Server> {
  const thief = createServer();
  const listening = new Promise<Server>((resolve) => thief.once("listening", () => resolve(thief)));
  const tryAgain = () => thief.listen(port, "127.0.0.1");
  thief.on("error", () => setImmediate(tryAgain));
  tryAgain();
  return listening;
}

/** Kills the server and all its processes, as a crash of the machine would. */
async function kill(): Promise<number> {
  const pid = statusOf(NAME)?.pid;
  if (pid === undefined) throw new Error("the server does not run"); // 0 would mean this very process group
  process.kill(pid, "SIGKILL");
  while (runsWith(pid, dataDir)) await new Promise((resolve) => setImmediate(resolve));
  return pid;
}

describe("before a run", () => {
  test("the Vault runs, and its address and token are given on", async () => {
    const prepared = await prepare(home);
    const address = `http://127.0.0.1:${statusOf("vault")?.port}`;
    expect(prepared.config).toEqual({ "tenantry:vaultAddress": address });
    expect(prepared.env).toEqual({ VAULT_ADDR: address, VAULT_TOKEN: expect.stringMatching(/^hvs\./) });
    expect(await preparePreview(home)).toEqual(prepared);
  });

  test("a preview starts nothing, with or without something to read", async () => {
    const empty = makeTestHome();
    expect(await preparePreview(empty)).toEqual({ env: {}, config: {} });
    expect(existsSync(join(empty.home, "vault"))).toBe(false);
    await empty.remove();
    await stop(home.home);
    await preparePreview(home);
    expect(status(home.home).map(({ state }) => state)).toEqual(["stopped", "stopped"]);
    expect(await server.diff()).toMatchObject({ changes: true, computed: ["status"] });
  });

  test("stopped servers start again where they were", async () => {
    const before = portOf();
    await stop(home.home);
    const rows = await start(home.home);
    expect(rows.map(({ name, running, port }) => ({ name, running, port }))).toEqual([
      { name: NAME, running: true, port: before },
      { name: "vault", running: true, port: expect.any(Number) },
    ]);
    expect(await version()).toMatch(/^17/);
    expect(await server.diff()).toMatchObject({ changes: false });
  });
});

describe("a server that died", () => {
  test("is reported, and starts again with its data", async () => {
    await kill();
    expect(statusOf(NAME)).toMatchObject({ state: "dead", running: false });
    expect(await server.read()).toMatchObject({ status: "stopped" });
    await prepare(home);
    expect(home.messages.at(-1)).toMatch(/starting PostgreSQL 17 of test-eu-1: it had died/);
    expect(await version()).toMatch(/^17/);
  });

  test("and whose process id another program has now: neither taken for it nor harmed", async () => {
    await kill();
    const lines = readFileSync(lockFile, "utf8").split("\n");
    writeFileSync(lockFile, [String(process.pid), ...lines.slice(1)].join("\n"));
    expect(instanceState(home.home, NAME).state).toBe("dead");
    await stop(home.home); // would send a signal to this very process
    await prepare(home);
    expect(await version()).toMatch(/^17/);
  });

  test("and whose port is taken: it moves, and the next up says so", async () => {
    const before = portOf();
    await kill();
    const thief = await take(before);
    await prepare(home);
    expect(portOf()).not.toBe(before);
    expect(await version()).toMatch(/^17/);
    expect(await server.diff()).toMatchObject({ changes: true, computed: ["port", "endpoint"] });
    expect(await server.update()).toMatchObject({ port: portOf(), endpoint: `127.0.0.1:${portOf()}` });
    expect(await server.diff()).toMatchObject({ changes: false });
    thief.close();
  });

  test("and that does not start is told, with the end of its log, and holds nothing else up", async () => {
    await kill();
    const conf = join(dataDir, "postgresql.conf");
    const good = readFileSync(conf, "utf8");
    writeFileSync(conf, `${good}\nnonsense = on\n`);
    await prepare(home);
    expect(home.messages.at(-1)).toMatch(/test-eu-1: PostgreSQL 17 did not start.*nonsense.*data\.log.*TN-520/);
    await expect(start(home.home)).rejects.toThrow("TN-520");
    await expect(server.update()).rejects.toThrow("TN-520");
    writeFileSync(conf, good);
    await server.update();
    expect(await version()).toMatch(/^17/);
  });
});

describe("a killed run", () => {
  test("leaves half a server, which is made anew", async () => {
    const dir = join(home.home, "servers", "half");
    mkdirSync(join(dir, "init-dead"), { recursive: true });
    writeFileSync(join(dir, "init-dead", "PG_VERSION"), "17\n");
    writeFileSync(
      join(dir, "server.json"),
      '{"identifier":"half","major":17,"port":1,"superuserPassword":"x","settings":{}}',
    );
    expect(findInstance(home.home, "half")).toBeUndefined();
    expect(status(home.home).map(({ name }) => name)).not.toContain("half");
    const record = await startInstance(home.home, await createInstance(home.home, "half", 17, { settings: {} }));
    await setInstanceAdmin(record, admin.username, admin.password);
    expect(await version(record.port)).toMatch(/^17/);
    expect(existsSync(join(dir, "init-dead"))).toBe(false);
  });

  test("may still be starting a server: the next one waits for it", async () => {
    const record = findInstance(home.home, "half");
    if (!record) throw new Error("made by the test before");
    await stop(home.home);
    const started = await Promise.all(Array.from({ length: 3 }, () => startInstance(home.home, record)));
    expect(started).toEqual([record, record, record]);
    expect(await version(record.port)).toMatch(/^17/);
    await start(home.home);
  });

  test("cannot have its data replaced by another major version", async () => {
    await expect(createInstance(home.home, "half", 18, { settings: {} })).rejects.toThrow(/PostgreSQL 17.*18.*TN-527/);
  });
});

describe("as root", () => {
  const asRoot = serverUser() ? test : test.skip;

  asRoot("binaries that the user of PostgreSQL cannot reach are copied, once", () => {
    const closed = mkdtempSync(join(tmpdir(), "tenantry-closed-")); // 0700
    const native = join(closed, "native");
    cpSync(dirname(dirname(findBinaries(17).postgres)), native, { recursive: true, verbatimSymlinks: true });
    expect(reachableBinaries(17, home.home).postgres).toBe(findBinaries(17).postgres);
    const { postgres } = reachableBinaries(17, home.home, native);
    expect(postgres.startsWith(home.home)).toBe(true);
    const user = serverUser();
    expect(execFileSync(postgres, ["--version"], { ...user, cwd: "/", encoding: "utf8" })).toMatch(/17\./);
    expect(() => execFileSync(join(native, "bin/postgres"), ["--version"], { ...user, cwd: "/" })).toThrow(/EACCES/);
    const { mtimeMs } = statSync(dirname(dirname(postgres)));
    reachableBinaries(17, home.home, native);
    expect(statSync(dirname(dirname(postgres))).mtimeMs).toBe(mtimeMs);
    rmSync(closed, { recursive: true });
  });

  asRoot("a home that it cannot reach is refused, with what to set", async () => {
    const closed = mkdtempSync(join(tmpdir(), "tenantry-closed-")); // 0700
    await expect(createInstance(closed, "x", 17, { settings: {} })).rejects.toThrow(
      /chmod o\+x.*TENANTRY_HOME.*TN-521/,
    );
    rmSync(closed, { recursive: true });
  });

  asRoot("a full disk is named", async () => {
    const small = mkdtempSync(join(tmpdir(), "tenantry-small-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m,mode=755", "tmpfs", small]);
    try {
      await expect(createInstance(small, "x", 17, { settings: {} })).rejects.toThrow(/disk of .* is full.*TN-522/);
    } finally {
      execFileSync("umount", [small]);
      rmSync(small, { recursive: true });
    }
  });
});

test("after a destroy nothing runs and nothing is left, whatever is damaged", async () => {
  const processes = status(home.home).map(({ name, pid }) => {
    const dir = name === "vault" ? join(home.home, name) : join(home.home, "servers", name, "data");
    return { pid: pid ?? 0, dir };
  });
  const alive = () => processes.filter(({ pid, dir }) => runsWith(pid, dir));
  expect(alive()).toHaveLength(3);
  for (const { dir } of processes) {
    const record = dir.endsWith("vault") ? join(dir, "vault.json") : join(dir, "../server.json");
    writeFileSync(record, readFileSync(record, "utf8").slice(0, 20));
  }
  expect(() => status(home.home)).toThrow("TN-510");
  await cleanup(home);
  await cleanup(home);
  expect(status(home.home)).toEqual([]);
  while (alive().length > 0) await new Promise((resolve) => setTimeout(resolve, 20)); // the Vault looks for its directory
  for (const name of ["servers", "vault", "parameter-groups", "binaries"])
    expect(existsSync(join(home.home, name))).toBe(false);
});
