import { createColors } from "picocolors";
import type { Attempt, Outcome, Proof } from "../../prove/probe";
import { renderJson } from "../../prove/render/json";
import { renderJunit } from "../../prove/render/junit";
import { renderText } from "../../prove/render/text";

const attempt = (where: string, probe: string, outcome: Outcome, more: Partial<Attempt> = {}): Attempt => ({
  probe,
  where,
  who: "app with the context of a",
  target: "pooled.topics",
  statement: `select 1 from "${probe}"`,
  outcome,
  answer: "42501 permission denied",
  ...more,
});

const proofOf = (...attempts: readonly Attempt[]): Proof => ({ stack: "dev", attempts, durationMs: 1234 });

/** A name that ends an element, opens another, clears a terminal and runs backwards; half of a character; NUL. */
const HOSTILE = `]]></testcase><x a='"&amp;\u0000\u001b[2J\u202e\ud800\ufffe\u2028\nnext`;

const HOSTILE_ATTEMPT = {
  probe: HOSTILE,
  where: HOSTILE,
  who: HOSTILE,
  target: HOSTILE,
  statement: HOSTILE,
  answer: HOSTILE,
};

const PROOF = proofOf(
  attempt("eu-1", "tables", "refused"),
  attempt("vault", "secrets", "untried", { answer: "no login" }),
  attempt("eu-1", "tables", "nothing"),
  attempt("eu-1", "views", "through", { answer: "3 rows" }),
);

/** What an XML parser makes of it: enough of one to see that elements nest, and what their texts are. */
function parseXml(xml: string): { readonly names: readonly string[]; readonly texts: readonly string[] } {
  expect(xml).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  const open: string[] = [];
  const names: string[] = [];
  const texts: string[] = [];
  const part = /<\?[^>]*\?>|<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  let at = 0;
  for (const match of xml.matchAll(part)) {
    expect(match.index).toBe(at);
    at += match[0].length;
    const [, slash, name = "", values = "", closed, text] = match;
    for (const raw of [text ?? "", values]) expect(raw.replace(/&(amp|lt|gt|quot|apos|#10|#9);/g, "")).not.toMatch(/&/);
    if (text?.trim()) texts.push(text);
    if (!name) continue;
    if (slash) expect(open.pop()).toBe(name);
    else names.push(name);
    if (!slash && !closed) open.push(name);
  }
  expect([at, open]).toEqual([xml.length, []]);
  return { names, texts };
}

describe("text", () => {
  test("counts by cell and probe, and shows in full what got through", () => {
    const text = renderText(PROOF);
    expect(text).toMatch(
      /^eu-1\n {2}ok {3}tables {3}1 refused, 1 answered with nothing\n {2}FAIL views {4}1 got through\n/,
    );
    expect(text).toMatch(/vault\n {2}\?\?\?\? secrets {2}1 not tried\n {9}1 x no login\n/);
    expect(text).toContain('typed   select 1 from "views"');
    expect(text).toContain("got     3 rows");
    expect(text).toMatch(/4 attempts in 2 cells and layers of dev, 1\.2 s: 1 got through, 1 refused, .*1 not tried$/);
  });

  test("shows each attempt to whoever asks", () => {
    expect(renderText(PROOF)).not.toContain('from "tables"');
    expect(renderText(PROOF, { verbose: true })).toContain('from "tables"');
  });

  test("shows ten of many leaks by one door, and says how many more", () => {
    const proof = proofOf(...Array.from({ length: 12 }, () => attempt("eu-1", "views", "through")));
    const shown = (text: string) => text.split("THROUGH").length - 1;
    expect(shown(renderText(proof))).toBe(10);
    expect(renderText(proof)).toContain("and 2 more of this probe there");
    expect(shown(renderText(proof, { verbose: true }))).toBe(12);
  });

  test("sends nothing to a terminal but what is asked for", () => {
    for (const outcome of ["through", "untried", "refused"] as const) {
      const text = renderText(proofOf({ ...HOSTILE_ATTEMPT, outcome }), { verbose: true });
      expect(text).not.toMatch(/[^\P{C}\n]/u);
      expect(text).toContain("\\u{1b}[2J");
    }
    expect(renderText(PROOF)).not.toContain("\u001b");
    expect(renderText(PROOF, { colors: createColors(true) })).toContain("\u001b[31m");
  });

  test("counts one cell as one", () => {
    expect(renderText(proofOf(attempt("eu-1", "views", "refused")))).toMatch(/^1 attempts in 1 cell or layer of dev/m);
  });

  test("of nothing says that nothing was tried", () => {
    expect(renderText(proofOf())).toBe("0 attempts in 0 cells and layers of dev, 1.2 s: none");
  });
});

test("json keeps every attempt and has a version", () => {
  const { attempts, ...rest } = renderJson(PROOF);
  expect(attempts).toEqual(PROOF.attempts);
  expect(rest).toEqual({
    version: 1,
    stack: "dev",
    durationMs: 1234,
    counts: { refused: 1, nothing: 1, accepted: 0, through: 1, untried: 1 },
    probes: [
      { where: "eu-1", probe: "tables", refused: 1, nothing: 1, accepted: 0, through: 0, untried: 0 },
      { where: "eu-1", probe: "views", refused: 0, nothing: 0, accepted: 0, through: 1, untried: 0 },
      { where: "vault", probe: "secrets", refused: 0, nothing: 0, accepted: 0, through: 0, untried: 1 },
    ],
  });
});

describe("junit", () => {
  test("has a suite a cell and a case a probe; what was not tried does not pass", () => {
    const xml = renderJunit(PROOF);
    const { names, texts } = parseXml(xml);
    expect(names.join(" ")).toBe("testsuites testsuite testcase testcase failure testsuite testcase skipped");
    expect(texts.join()).toContain("typed: select 1 from &quot;views&quot;");
    expect(xml).toContain(
      '<testsuites name="tenantry prove dev" tests="3" failures="1" errors="0" skipped="1" time="1.234">',
    );
    expect(xml).toContain('<testsuite name="eu-1" tests="2" failures="1" errors="0" skipped="0">');
    expect(xml).toContain('<skipped message="1 of 1 attempts were not made: no login"/>');
  });

  test("is XML whatever the names in an estate are", () => {
    for (const outcome of ["through", "untried", "refused"] as const) {
      const { names } = parseXml(renderJunit(proofOf({ ...HOSTILE_ATTEMPT, outcome })));
      expect(names.slice(0, 3)).toEqual(["testsuites", "testsuite", "testcase"]);
    }
  });
});
