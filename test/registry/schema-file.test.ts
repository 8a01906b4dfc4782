/** Editors and the program read one definition: the schema file is current, and both judge documents alike. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { loadStackNames } from "../../registry/load";
import { loadQuotaNames } from "../../registry/quota-names";
import { renderSchema, schemaFile } from "../../registry/schema-file";
import { validEntries } from "../../registry/valid-entries";
import { defineFiles } from "../../registry/written";
import { readYaml } from "../../registry/yaml-text";
import { runs } from "../runs";
import { CELLS, PLANS, QUOTAS, stackOf } from "./sources";

const ROOT = join(__dirname, "../..");
const TENANTS = join(ROOT, "tenants");
const editor = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(renderSchema(QUOTAS)));
const definition = defineFiles(QUOTAS);

/** Whether the program takes a text as plans.yaml, or as a stack's file: by its words alone, before any rule between them. */
function accepts(text: string): boolean {
  const source = readYaml("some.yaml", text);
  const files = [validEntries(source, definition.plans), validEntries(source, definition.stack)];
  return source.findings.length === 0 && files.some(({ findings }) => findings.length === 0);
}

test("the schema file is what `npm run schema` writes", () => {
  expect(readFileSync(schemaFile(TENANTS), "utf8")).toBe(renderSchema(loadQuotaNames(join(ROOT, "sql"))));
});

test("every file tells the editor where the schema is", () => {
  for (const name of ["plans", ...loadStackNames(TENANTS)]) {
    const text = readFileSync(join(TENANTS, `${name}.yaml`), "utf8");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=./registry.schema.json");
    const current = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(schemaFile(TENANTS), "utf8")));
    expect(current(parse(text))).toBe(true);
  }
});

const GOOD = [
  PLANS,
  stackOf(),
  stackOf("acme: { plan: free, cell: eu-1, quotas: { topics: 1_000, messagesPerMonth: 5 } }"),
  stackOf("acme: { plan: enterprise, region: eu-west-1, postgres: 16, extensions: [postgis], residency: [eu-west-1] }"),
  stackOf("acme: { plan: growth, cell: eu-1, from: { tier: pooled, cell: us-1 } }"),
  stackOf("acme: { plan: enterprise, region: eu-west-1, backup: { continuous: true } }"),
  "tenants: {}\nserversPerRegion: 60\n",
];

test("editor and program accept the same documents", () => {
  for (const text of GOOD)
    expect({ text, editor: editor(parse(text)), program: accepts(text) }).toEqual({
      text,
      editor: true,
      program: true,
    });
});

/** Values that are good in some place and wrong in most others. */
const VALUES = [
  "free",
  "eu-1",
  "eu-west-1",
  "64MB",
  "30s",
  25,
  1.5,
  -1,
  0,
  "1_000",
  "1_00",
  "own",
  "pooled",
  null,
  true,
  [],
  {},
  ["eu-west-1"],
  { topics: 3 },
  "db.m7g.large",
  "db.m7g",
  17,
  "17",
  "",
];

test("editor and program refuse the same documents: any value of a good one replaced by any other, any key added or dropped", () => {
  let refused = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...GOOD),
      fc.nat(),
      fc.constantFrom<unknown>(...VALUES),
      fc.constantFrom("replace", "add", "drop"),
      fc.constantFrom("kee", "key", "tier", "Acme", "b", "kube-x", "a--b", "x".repeat(41), "topics"),
      (text, at, value, edit, key) => {
        const document: unknown = parse(text);
        const places = placesIn(document);
        const place = places[at % places.length];
        if (place === undefined) return;
        if (edit === "replace") place.holder[place.key] = value;
        else if (edit === "add") place.holder[key] = value;
        else delete place.holder[place.key];
        const written = stringify(document);
        const verdicts = { written, editor: editor(document), program: accepts(written) };
        expect(verdicts.program).toBe(verdicts.editor);
        if (!verdicts.editor) refused += 1;
      },
    ),
    { numRuns: runs(600) },
  );
  expect(refused).toBeGreaterThan(100);
});

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Every key of every mapping. */
function placesIn(value: unknown): Place[] {
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value, key }, ...placesIn(inner)]);
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

test("the cells of these tests are some that the editor completes", () => {
  expect(editor({ ...parse(CELLS), tenants: {} })).toBe(true);
});
