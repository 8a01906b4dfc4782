import { codesIn, findingsIn, stackOf } from "./sources";

const tenants = (text: string) => `${stackOf("acme: { plan: free, cell: eu-1 }")}${text}`;

test("plain YAML passes, with a byte order mark or Windows line ends too", () => {
  const plain = stackOf(
    "acme: { plan: free, cell: eu-1 }",
    "'null': { plan: free, cell: eu-1 }",
    "no: { plan: free, cell: eu-1 }",
  );
  expect(findingsIn(plain)).toEqual([]);
  expect(findingsIn(`\uFEFF${plain}`)).toEqual([]);
  expect(findingsIn(plain.replaceAll("\n", "\r\n"))).toEqual([]);
});

test.each([
  ["a tab as indentation", "\tbirch: { plan: free, cell: eu-1 }\n", "TN-102 "],
  ["a brace that is left open", "  birch: { plan: free\n", "TN-102 "],
  ["an anchor", "  birch: &b { plan: free, cell: eu-1 }\n", "TN-102 tenants.birch"],
  ["an alias", "  birch: *b\n", "TN-102 tenants.birch"],
  ["a merge key", "  birch: { <<: { plan: free }, plan: free, cell: eu-1 }\n", "TN-102 tenants.birch"],
  ["a tag", "  birch: { plan: !!str free, cell: eu-1 }\n", "TN-102 tenants.birch.plan"],
  [
    "an octal number",
    "  birch: { plan: free, cell: eu-1, quotas: { topics: 0o17 } }\n",
    "TN-102 tenants.birch.quotas.topics",
  ],
  [
    "a number with a leading zero",
    "  birch: { plan: free, cell: eu-1, quotas: { topics: 010 } }\n",
    "TN-102 tenants.birch.quotas.topics",
  ],
  [
    "a hexadecimal number",
    "  birch: { plan: free, cell: eu-1, quotas: { topics: 0x1f } }\n",
    "TN-102 tenants.birch.quotas.topics",
  ],
  ["a key that is null", "  null: { plan: free, cell: eu-1 }\n", "TN-102 tenants"],
  ["a key that is a number", "  007: { plan: free, cell: eu-1 }\n", "TN-102 tenants"],
  ["a key that is a list", "  ? [birch]\n  : { plan: free, cell: eu-1 }\n", "TN-102 tenants"],
  ["a tenant that is written twice", "  acme: { plan: pro, cell: eu-1 }\n", "TN-105 tenants.acme"],
  ["a key that is written twice", "  birch: { plan: free, plan: pro, cell: eu-1 }\n", "TN-105 tenants.birch.plan"],
  ["two documents", "---\ntenants: {}\n", "TN-102 "],
  ["a look-alike letter", "  b\u0456rch: { plan: free, cell: eu-1 }\n", "TN-106 tenants.b\u0456rch"],
  ["a name that objects have", "  constructor: { plan: free, cell: eu-1 }\n", "TN-106 tenants.constructor"],
  ["a name that prototypes have", "  __proto__: { plan: free, cell: eu-1 }\n", "TN-106 tenants.__proto__"],
  ["a tenant of `prove`", "  tenantry-probe-a: { plan: free, cell: eu-1 }\n", "TN-106 tenants.tenantry-probe-a"],
  ["a namespace of Kubernetes", "  kube-system: { plan: free, cell: eu-1 }\n", "TN-106 tenants.kube-system"],
  ["a name of 41 letters", `  ${"b".repeat(41)}: { plan: free, cell: eu-1 }\n`, `TN-106 tenants.${"b".repeat(41)}`],
])("%s is refused", (_, line, code) => {
  expect(codesIn(tenants(line))).toEqual([code]);
});

test("YAML 1.1, where no is false and 010 is eight, is refused", () => {
  expect(codesIn(`%YAML 1.1\n---\n${stackOf()}`)).toEqual(["TN-102 "]);
});

test.each(["", "\n", "# nothing\n", "null\n", "3\n", "- acme\n", "acme\n"])("%j is no registry", (text) => {
  expect(codesIn(text)).toEqual(["TN-104 "]);
});

test("a look-alike is told apart, and an endless value is cut short", () => {
  const [lookAlike] = findingsIn(tenants("  b\u0456rch: { plan: free, cell: eu-1 }\n"));
  expect(lookAlike).toContain('"b\\u{456}rch"');
  const [endless] = findingsIn(tenants(`  birch: { plan: ${"x".repeat(5000)}, cell: eu-1 }\n`));
  expect(endless?.length).toBeLessThan(300);
});

test("bombs end at once: aliases are never followed, depth is bounded", () => {
  const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`);
  expect(codesIn(`l0: &l0 [x]\n${levels.join("\n")}\ntenants: {}\n`)).toContain("TN-102 l30.8");
  expect(codesIn("[".repeat(100_000)).every((code) => code.startsWith("TN-102"))).toBe(true);
  expect(codesIn("a: ".repeat(10_000)).length).toBeLessThanOrEqual(20);
});
