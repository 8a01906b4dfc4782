/** The verbs that work on the registry's files alone: check and add. */
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { add, type NewTenant } from "../../cli/add";
import { check, register as registerCheck } from "../../cli/check";

const ROOT = join(__dirname, "../..");
const SQL = join(ROOT, "sql");
let dir: string;
const file = () => join(dir, "dev.yaml");
const text = () => readFileSync(file(), "utf8");
const addHere = (tenant: NewTenant) => add({ dir, sqlDir: SQL, stack: "dev" }, tenant);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tenantry-verbs-"));
  for (const name of ["plans.yaml", "dev.yaml", "prod.yaml"])
    copyFileSync(join(ROOT, "tenants", name), join(dir, name));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("check", () => {
  test("finds nothing in the registry of this project", () => {
    expect(check({ dir, sqlDir: SQL })).toEqual([]);
  });

  test("tells what is wrong in every stack, and what is wrong with the plans once", () => {
    writeFileSync(join(dir, "plans.yaml"), readFileSync(join(dir, "plans.yaml"), "utf8").replace("32MB", "32mb"));
    writeFileSync(
      join(dir, "prod.yaml"),
      readFileSync(join(dir, "prod.yaml"), "utf8").replace("cell: us-1", "cell: us-2"),
    );
    expect(check({ dir, sqlDir: SQL }).map(({ code, path }) => `${code} ${path}`)).toEqual([
      "TN-104 plans.free.workMem",
      "TN-107 tenants.juniper.cell",
    ]);
    expect(check({ dir, sqlDir: SQL, stack: "dev" })).toHaveLength(1);
  });

  test("prints one array with --json", async () => {
    const written: string[] = [];
    const write = jest.spyOn(process.stdout, "write").mockImplementation((chunk) => written.push(String(chunk)) > 0);
    const program = new Command();
    registerCheck(program);
    await program.parseAsync(["check", "--json"], { from: "user" });
    write.mockRestore();
    expect(JSON.parse(written.join(""))).toEqual([]);
  });
});

describe("add", () => {
  test("adds one line and nothing else", () => {
    const before = text();
    const added = addHere({ slug: "eagle", plan: "free" });
    expect(added).toMatchObject({
      line: "eagle:   { plan: free,    cell: eu-1 }",
      why: expect.stringContaining("least loaded of 2 cells"),
    });
    expect(text()).toBe(before.replace(/\n$/, `\n  ${added.line}\n`));
    expect(check({ dir, sqlDir: SQL })).toEqual([]);
    expect(readdirSync(dir).sort()).toEqual(["dev.yaml", "plans.yaml", "prod.yaml"]);
  });

  test("warns of the file as it is now", () => {
    writeFileSync(file(), text().replaceAll("overcommit: 8", "overcommit: 3"));
    const { warnings } = addHere({ slug: "eagle", plan: "free" });
    expect(warnings.map(({ code }) => code)).toContain("TN-116");
    expect(warnings.filter(({ file }) => file.includes("with the new line"))).toEqual([]);
  });

  test("fills the cells evenly", () => {
    const cells = Array.from(
      { length: 6 },
      (_, i) => /cell: (\S+)/.exec(addHere({ slug: `new-${i}`, plan: "starter" }).line)?.[1],
    );
    expect(cells.filter((cell) => cell === "eu-1")).toHaveLength(3);
  });

  test("takes the region of most servers for a dedicated tenant, or the one that is named", () => {
    expect(addHere({ slug: "eagle", plan: "enterprise" }).line).toContain("region: eu-west-1 }");
    expect(addHere({ slug: "falcon", plan: "enterprise", region: "ap-south-1" }).line).toContain(
      "region: ap-south-1 }",
    );
  });

  test("writes a tier only where it is another than the plan's", () => {
    expect(addHere({ slug: "eagle", plan: "pro", tier: "schema", cell: "eu-1" }).line).toMatch(
      /cell: eu-1, tier: schema }$/,
    );
    expect(addHere({ slug: "falcon", plan: "pro", tier: "pooled" }).line).not.toContain("tier");
  });

  test.each<[string, NewTenant, RegExp]>([
    ["a tenant that is there", { slug: "acme", plan: "free" }, /TN-118/],
    ["a bad slug", { slug: "Eagle", plan: "free" }, /TN-106/],
    ["a slug that would be more than a word", { slug: "a: {}\n  b", plan: "free" }, /TN-106/],
    ["the name of a cell", { slug: "eu-1", plan: "free" }, /TN-118/],
    ["an unknown plan", { slug: "eagle", plan: "fre" }, /did you mean free.*TN-108/],
    ["an unknown cell", { slug: "eagle", plan: "free", cell: "eu-2" }, /did you mean eu-1.*TN-107/],
    ["a cell for a dedicated tenant", { slug: "eagle", plan: "enterprise", cell: "eu-1" }, /TN-111/],
    ["a cell in another region", { slug: "eagle", plan: "free", cell: "eu-1", region: "us-east-1" }, /TN-111/],
    ["a region without cells", { slug: "eagle", plan: "free", region: "ap-south-1" }, /TN-121/],
    ["a region that is none", { slug: "eagle", plan: "enterprise", region: "x }, key: {" }, /TN-104/],
    ["a server of unknown size", { slug: "eagle", plan: "pro", tier: "dedicated" }, /with the new line:.*TN-110/],
  ])("refuses %s and leaves the file as it is", (_, tenant, reason) => {
    const before = text();
    expect(() => addHere(tenant)).toThrow(reason);
    expect(text()).toBe(before);
    expect(readdirSync(dir)).toHaveLength(3);
  });

  test("touches no file that is wrong already", () => {
    writeFileSync(file(), `${text()}  broken: { plan: none }\n`);
    const before = text();
    expect(() => addHere({ slug: "eagle", plan: "free" })).toThrow(/TN-108/);
    expect(text()).toBe(before);
  });

  test("keeps the file's mode, and a link a link", () => {
    const real = join(dir, "real.txt");
    copyFileSync(file(), real);
    chmodSync(real, 0o640);
    rmSync(file());
    symlinkSync(real, file());
    addHere({ slug: "eagle", plan: "free" });
    expect(readFileSync(real, "utf8")).toContain("eagle");
    expect(statSync(real).mode & 0o777).toBe(0o640);
  });
});
