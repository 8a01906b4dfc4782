/** What the engine does with a program: fixture programs over the real protocol. */
import { existsSync, readFileSync, statSync } from "node:fs";
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

test("a preview touches nothing, up creates in order, and a second up changes nothing", async () => {
  const resources = [
    thing("server", { size: 1, password: { secret: "hunter22-hunter22" } }),
    { kind: "component", name: "group" } as const,
    thing("client", { address: "@server.value", login: "@server.token" }, { parent: "group" }),
  ];
  bench.program(resources, { outputs: { address: "@client.address", login: "@client.login" } });
  const seen = await bench.run("preview");
  expect(seen.text).toContain("Resources: + 4 to create");
  expect(existsSync(bench.home)).toBe(false);
  expect(bench.acts()).toEqual([]);

  const made = await bench.run("up");
  expect(made).toMatchObject({ code: 0, text: expect.stringContaining("Resources: + 4 created") });
  expect(made.text).toContain('address: "1@server"');
  expect(made.text).toContain('greeting: "hello"');
  expect(bench.acts()).toEqual(["create server", "create client"]);
  expect(bench.world.read("client")).toEqual({ address: "1@server", login: "token-of-server" });

  const state = readFileSync(bench.state, "utf8");
  expect(state + made.text + seen.text).not.toMatch(/hunter22|token-of-server/);
  expect(statSync(bench.state).mode & 0o777).toBe(0o600);

  const again = await bench.run("up");
  expect(again).toMatchObject({ code: 0, text: expect.stringContaining("nothing changes, 4 unchanged") });
  expect(bench.acts()).toEqual([]);
  expect(readFileSync(bench.state, "utf8")).toBe(state);
});

test("an update is unknown downstream at preview; a replacement comes before the old one goes", async () => {
  await bench.upWith([thing("server", { size: 1, kind: "x" }), thing("client", { address: "@server.value" })]);
  bench.program([thing("server", { size: 2, kind: "x" }), thing("client", { address: "@server.value" })]);
  const seen = await bench.run("preview");
  expect(seen.text).toContain("~ size: 1 => 2");
  expect(seen.text).toContain('~ address: "1@server" => [known after up]');
  bench.acts();
  const replaced = await bench.upWith([
    thing("server", { size: 2, kind: "y" }),
    thing("client", { address: "@server.value" }),
  ]);
  expect(replaced.text).toContain("replaced because of kind");
  expect(bench.acts()).toEqual(["create server", "update client", "delete server"]);
  expect(bench.world.things).toEqual(["client", "server-y"]);
});

test("what cannot live without a resource goes before it and comes back after it", async () => {
  const program = (kind: string) => [
    thing("root", { kind }, { deleteBeforeReplace: true }),
    thing("child", { of: "@root.id" }),
    thing("friend", { size: "@root.id" }),
  ];
  await bench.upWith(program("x"));
  bench.acts();
  bench.program(program("y"));
  const seen = await bench.run("preview");
  expect(seen.text).toContain("Resources: ~ 1 to update, +- 2 to replace, 1 unchanged");
  await bench.run("up");
  const acts = bench.acts();
  expect(acts.slice(0, 3)).toEqual(["delete child", "delete root", "create root"]);
  expect([...acts.slice(3)].sort()).toEqual(["create child", "update friend"]);
});

test("deletion goes from what depends to what it depends on, and not twice where one takes the other along", async () => {
  await bench.upWith([
    thing("server"),
    thing("database", {}, { deletedWith: "server" }),
    thing("kept", {}, { retainOnDelete: true }),
    thing("table", { of: "@database.id" }),
    thing("view", {}, { dependsOn: ["table"] }),
  ]);
  bench.acts();
  const gone = await bench.upWith([]);
  expect(gone).toMatchObject({ code: 0, text: expect.stringContaining("- 5 deleted") });
  expect(gone.text.match(/left where it is/g)).toHaveLength(1);
  expect(bench.acts()).toEqual(["delete view", "delete table", "delete server"]);
});

test("a fence holds: protected resources are neither deleted nor replaced, and nothing round them is taken apart", async () => {
  const fenced = [thing("neighbour"), thing("server", { kind: "x" }, { protect: true })];
  await bench.upWith(fenced);
  bench.acts();
  for (const verb of ["preview", "up"] as const) {
    bench.program([]);
    const gone = await bench.run(verb);
    expect(gone).toMatchObject({
      code: 1,
      text: expect.stringMatching(/is protected and would be deleted.*take its protection away/),
    });
    bench.program([thing("neighbour"), thing("server", { kind: "y" }, { protect: true })]);
    const replaced = await bench.run(verb);
    expect(replaced).toMatchObject({ code: 1, text: expect.stringContaining("is protected and would be replaced") });
  }
  expect(bench.acts()).toEqual([]);
  await bench.upWith([thing("neighbour"), thing("server", { kind: "x" })]);
  expect((await bench.upWith([])).code).toBe(0);
  expect(bench.acts()).toEqual(expect.arrayContaining(["delete server", "delete neighbour"]));
});

test("options: ignoreChanges, replaceOnChanges, aliases, additionalSecretOutputs", async () => {
  await bench.upWith([
    thing("ignoring", { tags: { mine: 1, theirs: 1 } }),
    thing("strict", { size: 1 }),
    thing("former", { size: 1 }),
  ]);
  bench.acts();
  const answer = await bench.upWith([
    thing(
      "ignoring",
      { tags: { mine: 2, theirs: 2 } },
      { ignoreChanges: ["tags.theirs"], additionalSecretOutputs: ["value"] },
    ),
    thing("strict", { size: 2 }, { replaceOnChanges: ["size"] }),
    thing("latter", { size: 1 }, { aliases: [{ name: "former" }] }),
  ]);
  expect(answer.code).toBe(0);
  expect(bench.world.read("ignoring")).toEqual({ tags: { mine: 2, theirs: 1 } });
  expect([...bench.acts()].sort()).toEqual(["create strict", "delete strict", "update ignoring"]);
  expect(readFileSync(bench.state, "utf8")).not.toContain("@ignoring");
});

test("explicit providers configure their resources, and a change of theirs replaces nothing", async () => {
  const program = (region: string) => [
    { kind: "provider", name: "eu", props: { region } } as const,
    thing("server", { size: 1 }, { provider: "eu" }),
    thing("client", { where: "@server.region", region: "" }),
    thing("found", { region: "" }, { id: "id-found" }),
  ];
  bench.world.write("found", { size: 9 });
  expect((await bench.upWith(program("eu-west-1"))).code).toBe(0);
  expect(bench.acts()).toEqual(expect.arrayContaining(["create server", "read found"]));
  await bench.upWith(program("eu-west-2"));
  expect(bench.acts()).toEqual(["read found"]);
  await bench.upWith([]);
  expect(bench.world.things).toEqual(["found"]);
});

test("what lives in a resource that is gone is gone with it: refresh does not ask for it", async () => {
  const program = [thing("server"), thing("database", { fail: "read" }, { deletedWith: "server" })];
  await bench.upWith(program);
  bench.world.remove("server");
  bench.world.forgetCalls();
  expect(await bench.run("refresh")).toMatchObject({ code: 0 });
  expect(bench.acts()).toEqual(["read server"]);
  expect((await bench.upWith(program)).code).toBe(0);
  expect(bench.acts()).toEqual(["create server", "create database"]);
});

test("refresh shows drift a property a line and carries it into the next preview; up repairs; what is gone comes again", async () => {
  const cell = {
    ...thing("cell", { tenants: { acme: "pooled", birch: "schema" } }),
    type: "tenantry:index:CellTenants",
  };
  await bench.upWith([cell, thing("server")]);
  bench.world.write("cell", { tenants: { acme: "pooled", birch: "schema drift: insert missing" } });
  bench.world.remove("server");
  const seen = await bench.run("refresh");
  expect(seen.text).toContain('~ birch: "schema" => "schema drift: insert missing"');
  expect(seen.text).toContain("is gone");
  expect((await bench.run("preview")).text).toContain('~ birch: "schema drift: insert missing" => "schema"');
  bench.acts();
  await bench.run("up");
  expect([...bench.acts()].sort()).toEqual(["create server", "update cell"]);
  bench.world.remove("server");
  const both = await bench.run("up", { refresh: true });
  expect(both.code).toBe(0);
  expect(bench.world.things).toEqual(["cell", "server"]);
});

test("--json prints one document", async () => {
  bench.program([thing("server", { password: { secret: "hunter22-hunter22" } })]);
  const { text } = await bench.run("up", { json: true });
  expect(text).not.toContain("hunter22");
  expect(JSON.parse(text)).toMatchObject({
    command: "up",
    exitCode: 0,
    counts: { create: 2 },
    outputs: { greeting: "hello" },
    steps: expect.arrayContaining([
      expect.objectContaining({ op: "create", status: "done", name: "server", simulated: true }),
    ]),
  });
});
