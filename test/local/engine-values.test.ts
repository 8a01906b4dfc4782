/** The pure parts: values of the wire, differences, order, and how changes are shown. */
import { stripVTControlCharacters } from "node:util";
import { changesBetween, keepOld, parsePath } from "../../local/deployment/changes";
import { inOrder, limiter } from "../../local/deployment/order";
import { NOT_STARTED, type StepResult } from "../../local/deployment/step";
import { renderChanges as colouredChanges } from "../../local/display/changes";
import { renderOutputs as colouredOutputs } from "../../local/display/outputs";
import { renderFailures } from "../../local/display/summary";
import { renderTree as colouredTree } from "../../local/display/tree";
import { UNKNOWN } from "../../local/provider";
import { Redactor } from "../../local/redactor";
import { annotate, decodeProps, isSecret, open, SIGNATURE, secret } from "../../local/wire";

/** Where CI is set, picocolors colours what no terminal shows. */
const plain =
  <A extends unknown[]>(render: (...args: A) => readonly string[]) =>
  (...args: A) =>
    render(...args).map(stripVTControlCharacters);
const renderChanges = plain(colouredChanges);
const renderOutputs = plain(colouredOutputs);
const renderTree = plain(colouredTree);

describe("wire", () => {
  const output = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

  test("output values and resource references become plain, secret or unknown; assets are refused", () => {
    const decoded = decodeProps({
      known: { [SIGNATURE]: output, value: 1 },
      hidden: { [SIGNATURE]: output, value: { a: 1 }, secret: true },
      later: { [SIGNATURE]: output },
      bucket: { [SIGNATURE]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:x", id: "b-1" },
    });
    expect(decoded).toEqual({ known: 1, hidden: secret({ a: 1 }), later: UNKNOWN, bucket: "b-1" });
    expect(() => decodeProps({ file: { [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17", text: "x" } })).toThrow(
      "TN-505",
    );
  });

  test("what was secret on the way in is secret on the way out, as deep as it was", () => {
    const ins = { connection: { host: "h", password: secret("p") }, plain: 1, list: [secret(1)] };
    const outs = annotate({ connection: { host: "h", password: "p" }, plain: 1, list: [1], more: 2 }, ins, ["more"]);
    expect(outs).toEqual({
      connection: { host: "h", password: secret("p") },
      plain: 1,
      list: secret([1]),
      more: secret(2),
    });
    expect(open(outs)).toEqual({ connection: { host: "h", password: "p" }, plain: 1, list: [1], more: 2 });
    expect(isSecret(outs.plain)).toBe(false);
  });

  test("known secrets do not appear in messages", () => {
    const redactor = new Redactor();
    redactor.learn({ a: [secret({ deep: "hunter22" })], b: "ordinary", c: secret("abc") });
    expect(redactor.clean("hunter22 in an ordinary abc")).toBe("[secret] in an ordinary abc");
  });

  test("what a secret structure has in common with open properties can be told", () => {
    const redactor = new Redactor();
    const connection = { host: "127.0.0.1", password: secret("hunter22") };
    redactor.learn({
      inputs: { connection },
      outputs: { connection: secret(connection), at: secret("127.0.0.1:5432") },
    });
    expect(redactor.clean("127.0.0.1 refuses hunter22")).toBe("127.0.0.1 refuses [secret]");
    expect(redactor.clean("127.0.0.1:5432")).toBe("[secret]");
  });
});

describe("changes", () => {
  test("one for each leaf; a value that becomes secret has not changed", () => {
    const olds = { tenants: { acme: "x", birch: "y" }, list: [1, 2], password: "p", gone: 1 };
    const news = { tenants: { acme: "x2", eagle: "z" }, list: [1, 3, 4], password: secret("p") };
    const shown = changesBetween(olds, news).map(({ path, kind }) => `${kind} ${path.join("/")}`);
    const tenants = ["update tenants/acme", "delete tenants/birch", "add tenants/eagle"];
    expect(shown).toEqual([...tenants, "update list/1", "add list/2", "delete gone"]);
  });

  test("paths of options", () => {
    expect(parsePath('tags["a.b"].rules[0].port')).toEqual(["tags", "a.b", "rules", "0", "port"]);
    expect(parsePath("rules[*].port")).toEqual(["rules", "*", "port"]);
    const olds = { tags: { a: 1 }, rules: [{ port: 1 }, { port: 2 }] };
    const news = { tags: { a: 2, b: 2 }, rules: [{ port: 3, name: "n" }, { port: 4 }] };
    const kept = { tags: { a: 1 }, rules: [{ port: 1, name: "n" }, { port: 2 }] };
    expect(keepOld(olds, news, ["tags.*", "rules[*].port"])).toEqual(kept);
  });
});

describe("order", () => {
  test("each after those before it, and nothing after what failed", async () => {
    const before: Record<string, string[]> = { a: [], b: ["a"], c: ["b"], d: ["a"], e: ["f"], f: ["e"] };
    const ran: string[] = [];
    const blocked: string[] = [];
    const run = async (item: string) => {
      ran.push(item);
      return item !== "b";
    };
    await inOrder(
      ["c", "b", "a", "d", "e", "f"],
      (item) => before[item] ?? [],
      run,
      (item) => void blocked.push(item),
    );
    expect(ran.indexOf("a")).toBeLessThan(ran.indexOf("b"));
    expect([...ran].sort()).toEqual(["a", "b", "d", "e", "f"]);
    expect(blocked).toEqual(["c"]);
  });

  test("no more at a time than allowed", async () => {
    const limit = limiter(2);
    let running = 0;
    const most = await Promise.all(
      Array.from({ length: 10 }, () =>
        limit(async () => {
          const now = ++running;
          await new Promise(setImmediate);
          running--;
          return now;
        }),
      ),
    );
    expect(Math.max(...most)).toBe(2);
  });
});

describe("display", () => {
  const step = (type: string, rest: Partial<StepResult>): StepResult => ({
    op: "update",
    urn: `urn:pulumi:dev::p::${type}::name`,
    parent: "",
    custom: true,
    changes: [],
    status: "planned",
    seconds: 0,
    reasons: [],
    ...rest,
  });

  test("one line a tenant, also when the map is new, and the roster does not repeat them", () => {
    const changes = changesBetween(
      { tenants: { birch: "schema status=active" }, sql: {} },
      {
        tenants: { birch: "schema status=suspended", eagle: "pooled plan=free" },
        sql: { "tenant/0007_tags.sql": "ab" },
      },
    );
    expect(renderChanges(step("tenantry:index:CellTenants", { changes }), false)).toEqual([
      '~ birch: "schema status=active" => "schema status=suspended"',
      '+ eagle: "pooled plan=free"',
      '+ tenant/0007_tags.sql: "ab"',
    ]);
    const created = changesBetween({}, { cell: "eu-1", tenants: { acme: "x" }, plans: { free: "y" } });
    expect(renderChanges(step("tenantry:index:CellTenants", { op: "create", changes: created }), false)).toEqual([
      '+ acme: "x"',
    ]);
    expect(renderChanges(step("tenantry:index:Roster", { changes: changes.slice(0, 2) }), false)).toEqual([]);
    expect(renderChanges(step("tenantry:index:Roster", { changes }), true)).toHaveLength(3);
    const servers = changesBetween(
      { servers: { "eu-1": "shared a=1" } },
      { servers: { "eu-1": "shared a=1 allow=reboot" } },
    );
    expect(
      renderChanges(step("tenantry:index:Roster", { changes: [...changes.slice(0, 2), ...servers] }), false),
    ).toEqual(['~ eu-1: "shared a=1" => "shared a=1 allow=reboot"']);
  });

  test("of a long line that changes, what differs; all of it when everything is asked for", () => {
    const line = (words: string) => `schema plan=growth status=active ${words} id=bf273cd9-0574-5394-8b76-c7c6eaef7860`;
    const cell = (olds: string, news: string, full = false) =>
      renderChanges(
        step("tenantry:index:CellTenants", {
          changes: changesBetween({ tenants: { birch: olds } }, { tenants: { birch: news } }),
        }),
        full,
      );
    const [few, more] = [line("connections=25"), line("connections=30")];
    expect(cell(few, more)).toEqual(['~ birch: "schema ... connections=25 ..." => "schema ... connections=30 ..."']);
    expect(cell(few, more, true)).toEqual([`~ birch: "${few}" => "${more}"`]);
    expect(cell(few, `${few} drift: topics`)).toEqual(['~ birch: "schema ..." => "schema ... drift: topics"']);
    expect(cell(few, few.replace("schema", "pooled"))).toEqual(['~ birch: "schema ..." => "pooled ..."']);
  });

  test("of a long document that changes, from where it differs; never of a secret", () => {
    const body = (name: string) => `${"x".repeat(300)} and this is ${name}${"y".repeat(300)}`;
    const [line = ""] = renderChanges(
      step("a:b:C", { changes: changesBetween({ d: body("one") }, { d: body("two") }) }),
      false,
    );
    expect(line).toMatch(/^~ d: "\.\.\.x* and this is oney+\.\.\. => "\.\.\.x* and this is twoy+\.\.\.$/);
    const secrets = changesBetween({ d: secret(body("one")) }, { d: secret(body("two")) });
    expect(renderChanges(step("a:b:C", { changes: secrets }), false)).toEqual(["~ d: [secret] => [secret]"]);
  });

  test("long lists and values are cut unless everything is asked for; secrets and unknowns are words", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, index]));
    const changes = changesBetween({}, { many, password: secret("hunter22"), later: UNKNOWN, long: "x".repeat(500) });
    const full = renderChanges(step("a:b:C", { changes }), true).join("\n");
    expect(full).toContain("+ password: [secret]\n+ later: [known after up]");
    const spread = changesBetween({ many: {} }, { many });
    expect(renderChanges(step("a:b:C", { changes: spread }), false).at(-1)).toBe("... and 40 more (--diff shows all)");
    const cut = changesBetween({ long: "" }, { long: "x".repeat(500) });
    expect(renderChanges(step("a:b:C", { changes: cut }), false).join("").length).toBeLessThan(200);
  });

  test("the tree shows what changes and what is above it", () => {
    const root = step("pulumi:pulumi:Stack", { op: "same", status: "done" });
    const child = (name: string, rest: Partial<StepResult>) => ({
      ...step("aws:rds/instance:Instance", { parent: root.urn, ...rest }),
      urn: `urn:pulumi:dev::p::aws:rds/instance:Instance::${name}`,
    });
    const results = [
      root,
      child("b", { op: "create" }),
      child("a", { op: "same", status: "done" }),
      child("c", { status: "failed", reasons: ["why", "and what else"] }),
      child("d", { op: "create", status: "skipped", reasons: ["needs c"] }),
    ];
    expect(renderTree(results, { isSimulated: (type) => type.startsWith("aws:"), full: false })).toEqual([
      "     Type                 Name  Status",
      "     pulumi:pulumi:Stack  name",
      " +   ├─ aws:rds:Instance  b     create (simulated)",
      " ~   └─ aws:rds:Instance  c     update failed (simulated)",
    ]);
    expect(stripVTControlCharacters(renderFailures(results).join("\n"))).toBe(
      "- c: why\n    and what else\nWhat was skipped needs what failed; --diff lists it.",
    );
    const stopped = [...results, child("e", { op: "create", status: "skipped", reasons: [NOT_STARTED] })];
    expect(renderFailures(stopped).at(-1)).toMatch(/or was not begun after it: --continue-on-error begins it/);
  });

  test("the directory is shown as counts", () => {
    const row = { id: "i", host: "127.0.0.1", port: 5432, database: "app", schema: "pooled", cell: "eu-1" };
    const directory = [
      { ...row, slug: "acme", tier: "pooled", status: "active" },
      { ...row, slug: "birch", tier: "schema", status: "suspended" },
    ];
    expect(renderOutputs({ directory })).toEqual([
      "Tenants: 2 in 1 cells",
      "  eu-1  127.0.0.1:5432  1 pooled, 1 schema (1 suspended)",
    ]);
  });

  test("another table, which is for programs, by its length", () => {
    const files = [{ bucket: "b" }, { bucket: "c" }];
    expect(renderOutputs({ files, list: ["a"], none: [] })).toEqual([
      "Outputs:",
      "  files: 2 rows",
      '  list: ["a"]',
      "  none: []",
    ]);
  });
});
