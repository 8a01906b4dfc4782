/** The state file and the lock of a stack: what is damaged, lost or left behind by the dead. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../local/lock";
import { Redactor } from "../../local/redactor";
import { EMPTY, type State, StateFile } from "../../local/state/file";
import type { Resource } from "../../local/state/resource";
import { Store } from "../../local/state/store";
import { secret } from "../../local/wire";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tenantry-state-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const path = (name: string) => join(home, name);
const resource = (name: string, inputs: Resource["inputs"] = {}): Resource => ({
  urn: `urn:pulumi:dev::fixture::fixture:index:Thing::${name}`,
  custom: true,
  id: `id-${name}`,
  parent: "",
  provider: "",
  inputs,
  outputs: {},
  dependencies: [],
  propertyDependencies: {},
  protect: false,
  retainOnDelete: false,
  deletedWith: "",
  external: false,
});
const stateOf = (...resources: Resource[]): State => ({ ...EMPTY, resources });

test("what is written is read back, for its owner's eyes only and without secrets in the text", async () => {
  const state = stateOf(
    resource("a", { password: secret("hunter22"), nested: [{ deep: secret({ key: "hunter23" }) }] }),
  );
  await new StateFile(home).write(state);
  expect(new StateFile(home).load()).toEqual(state);
  for (const name of ["state.json", "state.key"]) expect(statSync(path(name)).mode & 0o777).toBe(0o600);
  expect(readFileSync(path("state.json"), "utf8")).not.toMatch(/hunter/);
});

test("a truncated state is refused, and the copy that is offered works", async () => {
  const file = new StateFile(home);
  await file.write(stateOf(resource("a")));
  await file.write(stateOf(resource("a"), resource("b")));
  const text = readFileSync(path("state.json"), "utf8");
  for (const length of [0, 1, Math.floor(text.length / 2), text.length - 3]) {
    writeFileSync(path("state.json"), text.slice(0, length));
    expect(() => new StateFile(home).load()).toThrow(/TN-502/);
  }
  const offer = /cp '(.*)' '(.*)'/.exec(messageOf(() => new StateFile(home).load()));
  copyFileSync(offer?.[1] ?? "", offer?.[2] ?? "");
  expect(new StateFile(home).load().resources).toEqual([resource("a")]);

  rmSync(path("state.json"));
  expect(() => new StateFile(home).load()).toThrow(/is missing; the last good copy/);
});

test("JSON of another shape is refused with what is wrong in it", () => {
  writeFileSync(path("state.key"), "00".repeat(32));
  writeFileSync(path("state.json"), JSON.stringify({ version: 2, resources: [], condemned: [], pending: [] }));
  expect(() => new StateFile(home).load()).toThrow(/version/);
});

test("secrets do not open without their key", async () => {
  await new StateFile(home).write(stateOf(resource("a", { password: secret("hunter22") })));
  writeFileSync(path("state.key"), "00".repeat(32));
  expect(() => new StateFile(home).load()).toThrow(/TN-503/);
  rmSync(path("state.key"));
  expect(() => new StateFile(home).load()).toThrow(/TN-503/);
});

test("a state that cannot be written says so, and the last one stays", async () => {
  const file = new StateFile(home);
  await file.write(stateOf(resource("a")));
  const before = readFileSync(path("state.json"), "utf8");
  const store = new Store(file.load(), new Redactor(), new StateFile(join(home, "gone")));
  store.put(resource("b"));
  await expect(store.save()).rejects.toThrow(/TN-509/);
  expect(readFileSync(path("state.json"), "utf8")).toBe(before);
});

test("changes made while a write runs are in the next one", async () => {
  const store = new Store(EMPTY, new Redactor(), new StateFile(home));
  const names = Array.from({ length: 50 }, (_, index) => `thing-${index}`);
  await Promise.all(names.map((name) => store.putIfChanged(resource(name))));
  expect(new StateFile(home).load().resources.map(({ id }) => id)).toEqual(names.map((name) => `id-${name}`));
});

test("10,000 tenants in one resource are written and read in a blink", async () => {
  const tenants = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => [`t${index}`, "pooled plan=free ".repeat(6)]),
  );
  const start = performance.now();
  const store = new Store(EMPTY, new Redactor(), new StateFile(home));
  store.put(resource("cell", { tenants }));
  for (let step = 0; step < 20; step++) await store.putIfChanged(resource(`other-${step}`));
  expect(Object.keys(new StateFile(home).load().resources[0]?.inputs.tenants ?? {})).toHaveLength(10_000);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test("the lock says who holds it, and goes when its holder goes", async () => {
  const inside = withLock(home, "tenantry local up", async () => {
    const second = withLock(home, "tenantry local destroy", async () => "both");
    await expect(second).rejects.toThrow(new RegExp(`\`tenantry local up\` \\(process ${process.pid}, since .*TN-501`));
    return "one";
  });
  expect(await inside).toBe("one");
  expect(await withLock(home, "tenantry local up", async () => "again")).toBe("again");
});

test("the lock of a dead process, of a number that was given again, and a torn lock are taken over", async () => {
  const dead = { pid: 4_194_305, started: "1", command: "tenantry local up", since: "2020-01-01" };
  for (const left of [dead, { ...dead, pid: process.pid, started: "1" }]) {
    writeFileSync(path("lock"), JSON.stringify(left));
    expect(await withLock(home, "tenantry local up", async () => "mine")).toBe("mine");
  }
  writeFileSync(path("lock"), '{"pid":');
  expect(await withLock(home, "tenantry local up", async () => "mine")).toBe("mine");
});

function messageOf(run: () => unknown): string {
  try {
    run();
    return "";
  } catch (error) {
    return String(error);
  }
}
