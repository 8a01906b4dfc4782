import fc from "fast-check";
import { withDrift } from "../../registry/lines";
import { defaultId } from "../../registry/names";
import { refusals } from "../../registry/transition";
import { runs } from "../runs";

const ID = defaultId("acme");
const inCell = (tier: string, rest = "") => `${tier} plan=growth status=active ${rest}id=${ID}`;
const inRoster = (tier: string, cell: string, rest = "", region = "eu-west-1") =>
  `${tier} ${rest}id=${ID} cell=${cell} region=${region}`;

/** Why acme may not go from one line to the other; undefined when it may. */
const refused = (old: string, next?: string) =>
  refusals({ acme: old }, next === undefined ? {} : { acme: next })[0]?.reason;

test("a line may change what may change freely", () => {
  expect(refused(inCell("schema"), inCell("schema", "connections=9 quotas.topics=3 "))).toBeUndefined();
  expect(refused(withDrift(inCell("schema"), "insert missing"), inCell("schema"))).toBeUndefined();
  expect(refusals({}, { acme: inCell("schema") })).toEqual([]);
});

test("a line may vanish once it was offboarded, or was only prepared", () => {
  expect(refused(inCell("schema"))).toMatch(/not offboarded.*status: offboarding/);
  expect(refused(inCell("schema").replace("active", "suspended"))).toMatch(/not offboarded/);
  expect(refused(inCell("schema").replace("active", "offboarding"))).toBeUndefined();
  expect(refused(inRoster("schema", "eu-1", "status=offboarding "))).toBeUndefined();
  expect(refused(inCell("schema", "from=pooled@us-1 "))).toBeUndefined();
});

test("a tenant that moves still lives: its roster line may not vanish", () => {
  expect(refused(inRoster("schema", "eu-1", "from=pooled@us-1 "))).toMatch(/not offboarded/);
});

test("a renamed tenant is told that it cannot be renamed", () => {
  expect(refusals({ acme: inRoster("schema", "eu-1") }, { emca: inRoster("schema", "eu-1") })).toEqual([
    { slug: "acme", reason: expect.stringMatching(/now under emca.*write acme again/) },
  ]);
});

test.each([
  ["tier", inCell("pooled"), inCell("schema"), /tier changed from pooled to schema.*from: \{ tier: pooled \}/],
  [
    "tier, in the roster",
    inRoster("pooled", "eu-1"),
    inRoster("schema", "eu-1"),
    /from: \{ tier: pooled, cell: eu-1 \}/,
  ],
  ["cell", inRoster("pooled", "eu-1"), inRoster("pooled", "eu-2"), /cell changed from eu-1 to eu-2/],
  [
    "region of a server",
    inRoster("dedicated", "acme"),
    inRoster("dedicated", "acme", "", "us-east-1"),
    /region changed/,
  ],
  ["id", inCell("pooled"), inCell("pooled").replace(ID, defaultId("other")), /another tenant: write `id: /],
  ["tables", inCell("schema"), inCell("schema", "tables=own "), /tables changed from managed to own/],
  [
    "source of a move",
    inRoster("schema", "eu-1", "from=pooled@us-1 "),
    inRoster("schema", "eu-1", "from=pooled@eu-2 "),
    /cell changed/,
  ],
])("a changed %s is refused", (_, old, next, reason) => {
  expect(refused(old, next)).toMatch(reason);
});

test("a move may begin, change its target, be given up, and end", () => {
  const home = inRoster("schema", "eu-1");
  const begun = inRoster("dedicated", "acme", "from=schema@eu-1 ", "us-east-1");
  expect(refused(home, begun)).toBeUndefined();
  expect(refused(begun, inRoster("schema", "us-1", "from=schema@eu-1 "))).toBeUndefined();
  expect(refused(begun, home)).toBeUndefined();
  expect(refused(begun, inRoster("dedicated", "acme", "", "us-east-1"))).toBeUndefined();
  expect(refused(home, inRoster("dedicated", "acme", "from=pooled@eu-1 "))).toMatch(/tier changed/);
  expect(refused(inRoster("dedicated", "acme"), inRoster("pooled", "eu-1", "from=dedicated "))).toBeUndefined();
  expect(refused(inCell("pooled"), inCell("schema", "from=pooled@eu-1 "))).toBeUndefined();
});

test("whatever the lines, nothing vanishes unnoticed and equal lines are never refused", () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(inCell("pooled"), inRoster("schema", "eu-1"), inCell("schema", "from=pooled@a ")),
  );
  const lines = fc.dictionary(fc.constantFrom("acme", "birch", "constructor", "cedar"), line, {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(lines, lines, (olds, news) => {
      expect(refusals(olds, olds)).toEqual([]);
      const named = refusals(olds, news).map(({ slug }) => slug);
      for (const [slug, old] of Object.entries(olds)) {
        const gone = !Object.hasOwn(news, slug) && !/status=offboarding|from=/.test(old);
        if (gone) expect(named).toContain(slug);
      }
    }),
    { numRuns: runs(2000) },
  );
});
