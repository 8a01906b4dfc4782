/** The rules of the house that a machine can hold: which folder may import which, and how large a file may grow. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";

const ROOT = join(__dirname, "..");

/** For each folder, what it may import: other folders of the house, and packages (anything unless listed). */
const ARROWS: Record<string, { readonly folders: readonly string[]; readonly packages?: readonly string[] }> = {
  registry: { folders: [], packages: ["yaml", "zod"] },
  database: { folders: ["registry"], packages: ["pg"] },
  vault: { folders: [], packages: [] },
  client: { folders: [], packages: ["pg"] },
  provider: { folders: ["registry", "database", "vault"] },
  // The local Vault asks the evaluator of policies: with a second one, tests here would say nothing about the other.
  local: { folders: ["registry", "database", "vault", "provider", "policies"] },
  prove: { folders: ["registry", "database", "vault", "client", "policies"] },
  cli: { folders: ["registry", "database", "vault", "client", "provider", "local", "policies", "prove"] },
  components: { folders: ["registry"] },
  policies: { folders: [], packages: ["@pulumi/policy", "@pulumi/aws"] },
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const sources = (...patterns: string[]) =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns], {
    cwd: ROOT,
    encoding: "utf8",
  })
    .split("\n")
    .filter(Boolean);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const pattern = /^(?:import|export)\s+(type\s+)?(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']/gm;
  const dynamic = /(?:require|import)\(\s*["']([^"']+)["']\s*\)/g;
  return [
    ...[...text.matchAll(pattern)].map(([, type, to]) => ({ from: file, to: to ?? "", typeOnly: Boolean(type) })),
    ...[...text.matchAll(dynamic)].map(([, to]) => ({ from: file, to: to ?? "", typeOnly: false })),
  ];
}

function violation({ from, to, typeOnly }: Import): string | undefined {
  const room = from.split("/")[0] ?? "";
  const rule = ARROWS[room];
  if (!rule || to.startsWith("node:")) return undefined;
  if (!to.startsWith(".")) {
    const name = to
      .split("/")
      .slice(0, to.startsWith("@") ? 2 : 1)
      .join("/");
    return rule.packages && !rule.packages.includes(name) ? `${from} imports the package ${name}` : undefined;
  }
  if (to.endsWith("package.json")) return undefined; // the version
  const target = normalize(join(from, "..", to)).split("/")[0] ?? "";
  if (target === room || rule.folders.includes(target)) return undefined;
  if (room === "client" && target === "registry" && typeOnly) return undefined;
  return `${from} imports ${to}`;
}

test("folders import along the arrows of the house, and no others", () => {
  const files = sources(...Object.keys(ARROWS).map((room) => `${room}/*.ts`));
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(importsOf).map(violation).filter(Boolean)).toEqual([]);
});

test("the arrow rule sees what it forbids", () => {
  const seen = [
    { from: "registry/place.ts", to: "../database/connect", typeOnly: true },
    { from: "database/roles.ts", to: "@pulumi/pulumi", typeOnly: false },
    { from: "components/cell.ts", to: "../database/types", typeOnly: true },
    { from: "client/routes.ts", to: "../registry/names", typeOnly: false },
  ].map(violation);
  expect(seen.filter(Boolean)).toHaveLength(4);
});

test("the program imports the registry and the components alone", () => {
  const rooms = importsOf("index.ts").filter(({ to }) => to.startsWith("."));
  expect(rooms.every(({ to }) => /^\.\/(registry|components)\//.test(to))).toBe(true);
  expect(readFileSync(join(ROOT, "index.ts"), "utf8").split("\n").length).toBeLessThanOrEqual(61);
});

test("no file is longer than 400 lines, and half of them are at most 100", () => {
  const lengths = sources("*.ts", "*.sql", "*.js").map((file) => ({
    file,
    lines: readFileSync(join(ROOT, file), "utf8").split("\n").length - 1,
  }));
  expect(lengths.filter(({ lines }) => lines > 400)).toEqual([]);
  const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(100);
});

test("file names are kebab-case and say what is inside", () => {
  const bad = sources("*.ts").filter((file) => {
    const name = file.split("/").pop() ?? "";
    return (
      !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|soak))?\.ts$/.test(name) || /^(utils?|helpers?|common|misc|lib)\./.test(name)
    );
  });
  expect(bad).toEqual([]);
});
