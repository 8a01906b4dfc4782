/** The evaluator of Vault's policies, against what Vault's pages say. Each name ends with the page. */
import { permits } from "../../policies/vault/acl";
import { kvAsk } from "../../policies/vault/kv";
import { PolicyError, parsePolicy } from "../../policies/vault/policy";
import { fillIn } from "../../policies/vault/template";

const rule = (path: string, ...capabilities: string[]) =>
  `path "${path}" { capabilities = ${JSON.stringify(capabilities)} }\n`;
const reads = (hcl: string, path: string) => permits(parsePolicy(hcl), { capability: "read", path });
const lists = (hcl: string, path: string) => permits(parsePolicy(hcl), { capability: "list", path });

describe("which paths a pattern matches (Policies, Policy syntax)", () => {
  test.each([
    ["secret/foo", "secret/foo", true],
    ["secret/foo", "secret/food", false],
    ["secret/foo", "secret/foo/bar", false],
    ["secret/bar/*", "secret/bar/zip", true],
    ["secret/bar/*", "secret/bar/zip/zap", true],
    ["secret/bar/*", "secret/bars/zip", false],
    ["secret/zip-*", "secret/zip-zap", true],
    ["secret/zip-*", "secret/zip-zap/zong", true],
    ["secret/zip-*", "secret/zip/zap", false],
    ["secret/+/teamb", "secret/foo/teamb", true],
    ["secret/+/teamb", "secret/foo/bar/teamb", false],
    ["secret/+/+/teamb", "secret/foo/bar/teamb", true],
    ["secret/foo*", "secret/foobar", true],
    // From vault/acl.go: segments are compared one by one, and an empty one is a segment.
    ["secret/+/teamb", "secret//teamb", true],
    ["secret/+/te*", "secret/foo/teamb/x", true],
    ["secret/b+/x", "secret/bar/x", false],
    ["secret/b+/x", "secret/b+/x", true],
    ["secret/*/x", "secret/a/x", false],
    ["secret/a/../b", "secret/b", false],
    ["secret/%62", "secret/b", false],
  ])("%s and %s: %s", (pattern, path, expected) => {
    expect(reads(rule(pattern, "read"), path)).toBe(expected);
  });
});

describe("which of two patterns decides (Policies, the rules of priority)", () => {
  test.each([
    ["the first wildcard is later", "secret/foo/+/baz", "secret/+/bar/baz", "secret/foo/bar/baz"],
    ["it does not end in a star", "secret/+/bar", "secret/+/ba*", "secret/foo/bar"],
    ["it has fewer segments of any name", "secret/+/bar/baz", "secret/+/+/baz", "secret/foo/bar/baz"],
    ["it is longer", "secret/+/bar/ba*", "secret/+/bar/b*", "secret/foo/bar/baz"],
    ["it is greater", "secret/+/b*", "secret/+/*", "secret/foo/bar"],
    ["it has none, with the example of the page", "secret/*", "secret/+/+/foo/*", "secret/a/b/foo/c"],
    ["it is exact", "secret/foo", "secret/+", "secret/foo"],
  ])("the one where %s", (_why, first, second, path) => {
    expect(reads(rule(first, "read") + rule(second, "deny"), path)).toBe(true);
    expect(reads(rule(second, "deny") + rule(first, "read"), path)).toBe(true);
    expect(reads(rule(first, "deny") + rule(second, "read"), path)).toBe(false);
  });

  test("an explicit denial beside a broad permission takes precedence (Policies, Policy syntax)", () => {
    const page =
      rule("secret/*", "create", "read", "update", "patch", "delete", "list") + rule("secret/super-secret", "deny");
    expect(reads(page, "secret/other")).toBe(true);
    expect(reads(page, "secret/super-secret")).toBe(false);
  });

  test("one pattern in several policies is their union, and deny always wins (Policies, Capabilities)", () => {
    const both = rule("secret/a", "read") + rule("secret/a", "update");
    for (const capability of ["read", "update"] as const)
      expect(permits(parsePolicy(both), { capability, path: "secret/a" })).toBe(true);
    expect(reads(both + rule("secret/a", "deny"), "secret/a")).toBe(false);
    expect(reads(rule("secret/a", "sudo", "deny"), "secret/a")).toBe(false);
  });

  test("an empty policy permits nothing (Policies)", () => expect(reads("", "secret/foo")).toBe(false));
});

test.each([
  ["secret/metadata/a/", "secret/metadata/a/", true],
  ["secret/metadata/a", "secret/metadata/a/", true],
  ["secret/metadata/*", "secret/metadata/a", true],
  ["secret/metadata/a/*", "secret/metadata/a", true],
  ["secret/metadata/+/b", "secret/metadata/a/b/", true],
  ["secret/metadata/a/*", "secret/metadata", false],
])(
  "a list works on a prefix, with %s on %s: %s (Policies; AllowOperation of vault/acl.go)",
  (pattern, path, expected) => {
    expect(lists(rule(pattern, "list"), path)).toBe(expected);
  },
);

test("listing a folder: a rule for it without a slash comes before one for what is in it (AllowOperation of vault/acl.go)", () => {
  expect(lists(rule("secret/metadata/*", "deny") + rule("secret/metadata/a/*", "list"), "secret/metadata/a")).toBe(
    false,
  );
});

describe("templates (Policies, Templated policies)", () => {
  const accessor = "auth_kubernetes_xxxx";
  const page = parsePolicy(
    rule(`secret/data/{{identity.entity.aliases.${accessor}.metadata.service_account_namespace}}/*`, "read"),
  );
  const of = (namespace: string) => ({ [accessor]: { service_account_namespace: namespace } });
  const paths = (aliases: Parameters<typeof fillIn>[1], server?: Parameters<typeof fillIn>[2]) =>
    fillIn(page, aliases, server).map(({ path }) => path);

  test("are filled with the metadata of the alias at that mount", () => {
    expect(paths(of("birch"))).toEqual(["secret/data/birch/*"]);
  });

  test.each([
    ["without aliases", {}],
    ["with an alias of another mount", { auth_other: { service_account_namespace: "birch" } }],
    ["without that metadata", { [accessor]: { service_account_name: "birch" } }],
    ["with a name that every object has", { constructor: {} }],
  ])("give no rule %s", (_what, aliases) => expect(paths(aliases)).toEqual([]));

  test("give no rule with a wildcard in the value, except on a server that does not look (identitytpl)", () => {
    for (const value of ["*", "+", "b*", "a+b"]) {
      expect(paths(of(value))).toEqual([]);
      expect(paths(of(value), { wildcards: "kept" })).toEqual([`secret/data/${value}/*`]);
    }
  });

  test("keep slashes, dots, braces and the empty value as they are (identitytpl)", () => {
    for (const value of ["a/b", "..", "", "{{identity.entity.id}}", "$&"])
      expect(paths(of(value))).toEqual([`secret/data/${value}/*`]);
  });
});

test("operations of KV version 2 and their paths (KV secrets engine - version 2, ACL rules)", () => {
  expect([
    kvAsk("secret", "read", "dev/team-1/x"),
    kvAsk("secret", "deleteVersions", "dev/team-1/x"),
    kvAsk("secret", "undelete", "dev/team-1/x"),
    kvAsk("secret", "destroy", "dev/team-1/x"),
    kvAsk("secret", "list", "dev/team-1"),
    kvAsk("secret", "deleteMetadata", "dev/team-1/x"),
  ]).toEqual([
    { capability: "read", path: "secret/data/dev/team-1/x" },
    { capability: "update", path: "secret/delete/dev/team-1/x" },
    { capability: "update", path: "secret/undelete/dev/team-1/x" },
    { capability: "update", path: "secret/destroy/dev/team-1/x" },
    { capability: "list", path: "secret/metadata/dev/team-1" },
    { capability: "delete", path: "secret/metadata/dev/team-1/x" },
  ]);
});

test.each([
  ["no policy", "secret/foo: read"],
  ["parameters", 'path "a" { capabilities = ["read"] allowed_parameters = { "x" = [] } }'],
  ["an unknown capability", rule("a", "write")],
  ["a plus with a star", rule("a/+*", "read")],
  ["a template that does not end", rule("a/{{identity.entity.id", "read")],
  ["a template in a template", rule("a/{{b{{c}}", "read")],
])("%s is refused, never skipped", (_what, hcl) => expect(() => parsePolicy(hcl)).toThrow(PolicyError));
