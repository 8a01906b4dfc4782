/** What goes wrong is told once, keeps what is done, and the next run goes on. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TenantryError } from "../../registry/errors";
import { Bench } from "./fixtures/bench";
import type { Declaration } from "./fixtures/declaration";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.close());

const thing = (name: string, props: Declaration["props"] = {}, options: Declaration["options"] = {}): Declaration => ({
  name,
  props,
  options,
});
const occurrences = (text: string, part: string) => text.split(part).length - 1;

test("a failure stops what is not started; with --continue-on-error, only what needs what failed", async () => {
  const program = (fail: string) => [
    thing("bad", { fail, password: { secret: "hunter22-hunter22" } }),
    thing("needy", { size: "@bad.value" }),
    thing("late", {}, { dependsOn: ["early"] }),
  ];
  const early = thing("early");
  const stopped = await bench.upWith([early, ...program("create")], { parallel: 1, diff: true });
  expect(stopped.code).toBe(3);
  expect(stopped.text).toContain("create of bad failed on purpose, [secret]");
  expect(stopped.text).toContain("needs bad");
  expect(bench.acts()).toEqual(["create early", "create bad"]);

  const gone = await bench.upWith([early, ...program("create")], { continueOnError: true });
  expect(gone).toMatchObject({ code: 3, text: expect.stringContaining("+ 1 created, 1 failed, 1 skipped") });
  expect([...bench.acts()].sort()).toEqual(["create bad", "create late"]);

  expect((await bench.upWith([early, ...program("")])).code).toBe(0);
  expect([...bench.acts()].sort()).toEqual(["create bad", "create needy"]);
});

test("nothing is deleted in a run that failed", async () => {
  await bench.upWith([thing("old")]);
  bench.acts();
  const failed = await bench.upWith([thing("bad", { fail: "create" })], { continueOnError: true });
  expect(failed.code).toBe(1);
  expect(bench.acts()).toEqual(["create bad"]);
});

test("a partial failure keeps what is done, names the reasons, and is tried again", async () => {
  const cell = (props: Declaration["props"]) => ({ ...thing("cell", props), type: "tenantry:index:CellTenants" });
  const failed = await bench.upWith([cell({ lines: { acme: "x" }, partial: "create" })]);
  expect(failed).toMatchObject({
    code: 3,
    text: expect.stringMatching(/partly[\s\S]*first reason[\s\S]*second reason/),
  });
  expect(readFileSync(bench.state, "utf8")).toContain('"done":"half"');
  bench.acts();
  expect((await bench.upWith([cell({ lines: { acme: "x" } })])).code).toBe(0);
  expect(bench.acts()).toEqual(["update cell"]);

  const half = await bench.upWith([cell({ lines: { acme: "x", birch: "y" }, partial: "update" })]);
  expect(half.code).toBe(3);
  bench.program([cell({ lines: { acme: "x", birch: "y" }, partial: "update" })]);
  expect((await bench.run("preview")).text).toContain('+ lines.birch: "y"');
  expect((await bench.upWith([cell({ lines: { acme: "x", birch: "y" } })])).code).toBe(0);
  expect((await bench.run("up")).text).toContain("nothing changes");
});

test("an update that failed is repeated although its cause was taken back", async () => {
  await bench.upWith([thing("a", { size: 1 })]);
  await bench.upWith([thing("a", { size: 2, fail: "update" })]);
  bench.acts();
  const again = await bench.upWith([thing("a", { size: 1 })]);
  expect(again.text).toContain("the last run did not finish it");
  expect(bench.acts()).toEqual(["update a"]);
});

test("refused inputs are told at preview, with what was there before", async () => {
  await bench.upWith([thing("a", { refuse: "" })]);
  bench.program([thing("a", { refuse: "this" }), thing("b", {}, { dependsOn: ["a"] })]);
  const seen = await bench.run("preview");
  expect(seen.code).toBe(1);
  expect(occurrences(seen.text, "refuse: got this; olds had")).toBe(1);
  expect(seen.text).not.toContain("needs a"); // what failed is told; what only waited for it is a number
  expect(seen.text).toContain("1 refused, 1 skipped");
  expect((await bench.run("preview", { diff: true })).text).toContain("needs a");
});

test("what has no stand-in, and what the engine does not do, is named", async () => {
  const unknown = await bench.upWith([{ name: "x", type: "gcp:storage/bucket:Bucket" }]);
  expect(unknown).toMatchObject({
    code: 1,
    text: expect.stringMatching(/package "gcp" has no stand-in.*local\/providers\/index.ts/),
  });
  const type = await bench.upWith([{ name: "x", type: "fixture:index:Other" }]);
  expect(type).toMatchObject({ code: 1, text: expect.stringContaining("fixture:index:Other has no stand-in") });
  const imported = await bench.upWith([thing("x", {}, { import: "id-1" })]);
  expect(imported).toMatchObject({ code: 1, text: expect.stringContaining("the local engine has no import") });
  const twice = await bench.upWith([thing("x"), thing("x")]);
  expect(twice).toMatchObject({ code: 3, text: expect.stringContaining("twice") });
});

test("a destroy needs its words, and then leaves nothing", async () => {
  const directory = [
    { slug: "acme", status: "active" },
    { slug: "birch", status: "suspended" },
  ];
  const cell = { ...thing("cell", { directory }, { protect: true }), type: "tenantry:index:CellTenants" };
  await bench.upWith([cell, thing("other", { of: "@cell.id" })]);
  bench.acts();
  await expect(bench.run("destroy")).rejects.toThrow(/1 tenant is active \(acme\).*--stack \S+ --yes --with-tenants/);
  await expect(bench.run("destroy", { yes: true })).rejects.toThrow(TenantryError);
  expect(bench.acts()).toEqual([]);
  expect(await bench.run("destroy", { yes: true, withTenants: true })).toMatchObject({ code: 0 });
  expect(bench.acts()).toEqual(["delete other", "delete cell", "cleanup"]);
  expect(() => readFileSync(bench.state)).toThrow(/ENOENT/);
});

test("a destroy deletes nothing while a provider would refuse one of the deletions", async () => {
  const server = (keep: boolean) => thing("server", { keep });
  const cell = { ...thing("cell", { of: "@server.id" }), type: "tenantry:index:CellTenants" };
  await bench.upWith([server(true), cell]);
  bench.acts();
  const words = { yes: true, withTenants: true };
  const refused = await bench.run("destroy", words);
  expect(refused).toMatchObject({ code: 1, text: expect.stringContaining("server is to be kept") });
  expect(bench.acts()).toEqual([]);
  await bench.upWith([server(false), cell]);
  bench.acts();
  expect(await bench.run("destroy", words)).toMatchObject({ code: 0 });
  expect(bench.acts()).toEqual(["delete cell", "delete server", "cleanup"]);
});

test("an up that removes resources deletes none of them while a provider would refuse one", async () => {
  await bench.upWith([thing("server", { keep: true }), thing("cell", { of: "@server.id" }), thing("other")]);
  bench.acts();
  const refused = await bench.upWith([thing("other")]);
  expect(refused).toMatchObject({ code: 1, text: expect.stringContaining("server is to be kept") });
  expect(bench.acts()).toEqual([]);
});

test("a destroy with both words needs no state that can be read", async () => {
  await bench.upWith([thing("a", { password: { secret: "hunter22-hunter22" } })]);
  for (const [file, code] of [
    ["state.json", "TN-502"],
    ["state.key", "TN-503"],
  ] as const) {
    const path = join(dirname(bench.state), file);
    writeFileSync(path, readFileSync(path, "utf8").slice(0, 30));
    await expect(bench.run("destroy", { yes: true })).rejects.toThrow(code);
  }
  bench.acts();
  const gone = await bench.run("destroy", { yes: true, withTenants: true });
  expect(gone).toMatchObject({
    code: 0,
    text: expect.stringMatching(/without a look at the resources, because .*TN-503/),
  });
  expect(bench.acts()).toEqual(["cleanup"]);
  expect(existsSync(bench.home)).toBe(false);
});
