import fc from "fast-check";
import { parse } from "yaml";
import { insertTenant } from "../../registry/insert-tenant";
import { runs } from "../runs";

const WORDS = [
  ["plan", "free"],
  ["cell", "eu-1"],
] as const;
const insert = (text: string, slug = "eagle") => insertTenant(text, slug, WORDS).text;

test("the line stands below the last one, aligned as most are, and nothing else changes", () => {
  const text = `# first
tenants:
  # dedicated
  acme:     { plan: enterprise, region: eu-west-1 }

  birch:    { plan: growth,     cell: eu-1 } # the last one

# after all
cells: {}
`;
  expect(insert(text)).toBe(
    text.replace("# the last one\n", "# the last one\n  eagle:    { plan: free,       cell: eu-1 }\n"),
  );
  expect(insertTenant(text, "a-long-slug", WORDS).line).toBe("a-long-slug: { plan: free,    cell: eu-1 }");
});

test.each([
  ["no tenants yet", "tenants: {}\n", "tenants:\n  eagle: { plan: free, cell: eu-1 }\n"],
  [
    "no tenants yet, with a remark",
    "tenants: {} # none\ncells: {}\n",
    "tenants:\n  eagle: { plan: free, cell: eu-1 } # none\ncells: {}\n",
  ],
  [
    "no line break at the end",
    "tenants:\n  a1: { plan: free }",
    "tenants:\n  a1: { plan: free }\n  eagle: { plan: free, cell: eu-1 }",
  ],
  [
    "Windows line ends",
    "tenants:\r\n  a1: { plan: free }\r\n",
    "tenants:\r\n  a1: { plan: free }\r\n  eagle: { plan: free, cell: eu-1 }\r\n",
  ],
  [
    "a last tenant over several lines",
    "tenants:\n    a1:\n        plan: free\n        cell: eu-1 # here\n\ncells: {}\n",
    "tenants:\n    a1:\n        plan: free\n        cell: eu-1 # here\n    eagle: { plan: free, cell: eu-1 }\n\ncells: {}\n",
  ],
  [
    "braces over several lines",
    "tenants:\n  a1: {\n    plan: free,\n  }\n",
    "tenants:\n  a1: {\n    plan: free,\n  }\n  eagle: { plan: free, cell: eu-1 }\n",
  ],
  [
    "a byte order mark",
    "\uFEFFtenants:\n  a1: { plan: free }\n",
    "\uFEFFtenants:\n  a1: { plan: free }\n  eagle: { plan: free, cell: eu-1 }\n",
  ],
])("%s", (_, before, after) => {
  expect(insert(before)).toBe(after);
});

test("tenants within one pair of braces are left alone, and told how to write them", () => {
  expect(() => insert("tenants: { a1: { plan: free } }\n")).toThrow(/one pair of braces.*a line of its own.*TN-102/);
});

test("what could be read as more than text is quoted", () => {
  const { text } = insertTenant("tenants: {}\n", "eagle", [
    ["plan", "x }, hack: {"],
    ["cell", "no: 1"],
  ]);
  expect(parse(text)).toEqual({ tenants: { eagle: { plan: "x }, hack: {", cell: "no: 1" } } });
});

test("whatever the file looks like, one tenant is added and the rest reads as before", () => {
  const gap = fc.constantFrom("", "\n", "  # a remark\n", "\n\n", "# flush left\n");
  const entry = fc.constantFrom(
    "{ plan: free, cell: eu-1 }",
    "{ plan: growth }  # why",
    "{}",
    "{ plan: free,\n      cell: eu-1 }",
    "\n      plan: free\n      cell: eu-1",
  );
  const slugs = fc.uniqueArray(fc.stringMatching(/^[a-z]{2,12}$/), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      slugs,
      fc.array(fc.tuple(gap, entry), { minLength: 6, maxLength: 6 }),
      gap,
      fc.constantFrom("\n", "\r\n"),
      (names, parts, end, eol) => {
        const lines = names.map((slug, i) => `${parts[i]?.[0]}  ${slug}: ${parts[i]?.[1]}\n`).join("");
        const text = `tenants:\n${lines}${end}cells: {}\n`.replaceAll("\n", eol);
        const after = insert(text, "zz-new");
        expect(parse(after)).toEqual({
          tenants: { ...parse(text).tenants, "zz-new": { plan: "free", cell: "eu-1" } },
          cells: {},
        });
        const [added] = after.split(eol).filter((line) => line.includes("zz-new"));
        expect(after.replace(`${added}${eol}`, "")).toBe(text);
      },
    ),
    { numRuns: runs(300) },
  );
});
