/** The engine as a process: the SDK's own runner, kill -9 at any step, two at once, Ctrl-C. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../local/program";
import { Bench } from "./fixtures/bench";
import type { Declaration } from "./fixtures/declaration";

const REAL = { runProgram };

let bench: Bench;
const engines: ChildProcess[] = [];
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  for (const engine of engines.splice(0)) engine.kill("SIGKILL");
  bench.close();
});

const thing = (name: string, props: Declaration["props"] = {}, options: Declaration["options"] = {}): Declaration => ({
  name,
  props,
  options,
});

interface Engine {
  readonly process: ChildProcess;
  /** Exit code, or the signal that ended it, with what it printed. */
  readonly ended: Promise<{ code: number | NodeJS.Signals | null; text: string }>;
}

function startEngine(verb: "up" | "destroy"): Engine {
  const args = [
    "--require",
    join(__dirname, "fixtures/swc.js"),
    join(__dirname, "fixtures/engine.ts"),
    verb,
    bench.world.dir,
  ];
  const child = spawn(process.execPath, args, { stdio: "pipe", env: process.env });
  engines.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part) => (text += part));
  const ended = new Promise<{ code: number | NodeJS.Signals | null; text: string }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code: code ?? signal, text }));
  });
  return { process: child, ended };
}

/** Resolves when a call for `name` hangs in the engine. */
async function waiting(engine: Engine, name: string): Promise<void> {
  const early = engine.ended.then(({ text }) => {
    throw new Error(`the engine ended before ${name} was reached: ${text}`);
  });
  await Promise.race([early, bench.world.until(() => bench.world.calls.includes(`waiting ${name}`))]);
  early.catch(() => undefined); // it ends in the course of the test
}

async function killWhileWaiting(verb: "up" | "destroy", name: string): Promise<void> {
  const engine = startEngine(verb);
  await waiting(engine, name);
  engine.process.kill("SIGKILL");
  await engine.ended;
  bench.world.forgetCalls();
}

/** Processes of the SDK's runner that belong to this test. */
function runners(): readonly number[] {
  const isOurs = (pid: string) => {
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, "utf8");
      return environ.includes(bench.dir) && environ.includes("PULUMI_CONFIG=");
    } catch {
      return false; // ended since, or somebody else's
    }
  };
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && isOurs(pid))
    .map(Number);
}

test("the SDK's own runner runs the program; its error is shown once, and then nothing is deleted", async () => {
  bench.program([thing("a", { size: 1 }), thing("b", { size: "@a.value" })], { outputs: { value: "@b.value" } });
  const made = await bench.run("up", REAL);
  expect(made).toMatchObject({ code: 0, text: expect.stringContaining('value: "1@a@b"') });
  expect(made.text).toContain("the program runs with prepared as fixture");
  expect(process.env.WORLD_TOKEN).toBeUndefined();
  bench.acts();

  bench.program([], { runError: "tenants/dev.yaml:3:1 acme: no such plan" });
  const failed = await bench.run("up", REAL);
  expect(failed.code).toBe(1);
  expect(failed.text.split("no such plan")).toHaveLength(2);
  expect(failed.text).not.toMatch(/^\s+at /m);
  expect(bench.acts()).toEqual([]);
});

test("killed while it creates: the next up creates again, or cleans up what is no longer wanted", async () => {
  bench.program([thing("early"), thing("cut", { wait: "create" }, { dependsOn: ["early"] })]);
  await killWhileWaiting("up", "cut");
  await bench.world.until(() => runners().length === 0);
  expect((await bench.upWith([thing("early"), thing("cut", {}, { dependsOn: ["early"] })])).code).toBe(0);
  expect(bench.acts()).toEqual(["create cut"]);
  expect((await bench.run("up")).text).toContain("nothing changes");

  bench.program([thing("early"), thing("orphan", { wait: "create" })]);
  bench.world.forgetCalls();
  await killWhileWaiting("up", "orphan");
  bench.world.write("go", {});
  const cleaned = await bench.upWith([thing("early")]);
  expect(cleaned).toMatchObject({ code: 0, text: expect.stringContaining("was cut off earlier") });
  expect(bench.acts()).toEqual(["create orphan", "waiting orphan", "delete cut", "delete orphan"].sort(byStage));
  expect(bench.world.things).toEqual(["early", "go"]);
});

/** Creations before deletions; deletions of unrelated things in any order. */
const byStage = (a: string, b: string): number => Number(a.startsWith("delete")) - Number(b.startsWith("delete"));

test("killed while it updates or deletes: nothing half done is taken for done", async () => {
  await bench.upWith([thing("a", { size: 1 })]);
  bench.world.forgetCalls();
  bench.program([thing("a", { size: 2, wait: "update" })]);
  await killWhileWaiting("up", "a");
  await bench.upWith([thing("a", { size: 1 })]);
  expect(bench.acts()).toEqual(["update a"]);

  await bench.upWith([thing("a", { size: 1, wait: "delete" })]);
  bench.world.forgetCalls();
  await killWhileWaiting("destroy", "a");
  await bench.upWith([thing("a", { size: 1, wait: "delete" })]);
  expect(bench.acts()).toEqual(["read a", "update a"]);
  await killWhileWaiting("destroy", "a");
  bench.world.remove("a");
  await bench.upWith([thing("a", { size: 1 })]);
  expect(bench.acts()).toEqual(["read a", "create a"]);
});

test("a program that dies: what runs is finished under the lock, nothing new is started", async () => {
  bench.program([thing("a", { wait: "create" }), thing("b", { size: "@a.value" })]);
  const engine = startEngine("up");
  await waiting(engine, "a");
  for (const pid of runners()) process.kill(pid, "SIGKILL");
  await bench.world.until(() => runners().length === 0);
  await expect(bench.run("up")).rejects.toThrow("TN-501");
  bench.world.write("go", {});
  const ended = await engine.ended;
  expect(ended).toMatchObject({ code: 3, text: expect.stringContaining("+ 2 created") });
  expect(ended.text).toContain("the program was ended by SIGKILL");
  expect(bench.world.things).toEqual(["a", "go"]);
  bench.world.forgetCalls();
  expect((await bench.upWith([thing("a"), thing("b", { size: "@a.value" })])).code).toBe(0);
  expect(bench.acts()).toEqual(["update a", "create b"]);
});

test("two at once: the second says who holds the lock; the lock of the dead is taken over", async () => {
  bench.program([thing("a", { wait: "create" })]);
  const first = startEngine("up");
  await waiting(first, "a");
  await expect(bench.run("up")).rejects.toThrow(`\`tenantry local up\` (process ${first.process.pid}, since `);
  expect((await bench.run("preview")).code).toBe(0);
  bench.world.write("go", {});
  expect(await first.ended).toMatchObject({ code: 0 });
  expect((await bench.run("up")).text).toContain("nothing changes");
});

test("Ctrl-C lets what runs finish and starts nothing new; a second one ends at once", async () => {
  bench.program([thing("a", { wait: "create" }), thing("b", { size: "@a.value" })]);
  const patient = startEngine("up");
  await waiting(patient, "a");
  patient.process.kill("SIGINT");
  patient.process.kill("SIGINT"); // npm's copy
  bench.world.write("go", {});
  const stopped = await patient.ended;
  expect(stopped).toMatchObject({ code: 3, text: expect.stringContaining("nothing new is started") });
  expect(bench.world.things).toEqual(["a", "go"]);

  bench.world.remove("go");
  bench.world.forgetCalls();
  bench.program([thing("a", { wait: "create" }), thing("b", { wait: "create" })]);
  const impatient = startEngine("up");
  await waiting(impatient, "b");
  const again = setInterval(() => impatient.process.kill("SIGINT"), 100);
  expect(await impatient.ended).toMatchObject({ code: 130 });
  clearInterval(again);
  await bench.world.until(() => runners().length === 0);
});
