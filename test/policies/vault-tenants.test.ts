/** The policies that the program writes into Vault, for any two tenants and whatever a namespace is called. */
import fc from "fast-check";
import { applicationPolicy, tenantPolicy } from "../../components/vault-policies";
import { permits } from "../../policies/vault/acl";
import { KV_OPERATIONS, type KvOperation, kvAsk } from "../../policies/vault/kv";
import { parsePolicy } from "../../policies/vault/policy";
import { fillIn, type Server } from "../../policies/vault/template";
import { type CellSecretKind, cellSecretPath, tenantSecretPath } from "../../registry/names";
import { runs } from "../runs";

const MOUNT = "secret";
const TENANTS = tenantPolicy(MOUNT, "auth_1");
const APPLICATION = applicationPolicy(MOUNT);
const KINDS: readonly CellSecretKind[] = ["app", "context", "migrator", "reader", "pooler"];

const slug = fc.stringMatching(/^[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4}){0,2}$/);
/** Names that begin alike, or hold one another. */
const pair = fc.oneof(
  fc.tuple(slug, slug),
  slug.chain((one) =>
    fc.constantFrom(`${one}0`, `${one}-2`, `a${one}`, one.slice(0, -1) || "b").map((other) => [one, other] as const),
  ),
);
const TRAPS = ["", "+", "*", "..", ".", "/", "a/..", "{{", "}}", "%2e%2e", "data", "db"] as const;
/** What nobody should have as a namespace, and what a mistaken auth method might still vouch for. */
const namespace = fc.oneof(
  slug,
  fc.constantFrom(...TRAPS),
  slug.chain((one) =>
    fc
      .constantFrom(...TRAPS)
      .chain((trap) =>
        fc.constantFrom(`${one}/${trap}`, `${trap}/${one}`, `${one}${trap}`, `x/../${one}`, `${one}/db`),
      ),
  ),
  fc.string(),
);
const operation = fc.oneof(fc.constant("read" as const), fc.constantFrom(...KV_OPERATIONS));

const permitted = (policy: string, inNamespace: string, asked: KvOperation, path: string, server?: Server): boolean => {
  const aliases = { auth_1: { service_account_namespace: inNamespace, service_account_name: "default" } };
  return permits(fillIn(parsePolicy(policy), aliases, server), kvAsk(MOUNT, asked, path));
};

/** Whether the property has a counter-example. With one seed, so that a control finds the same one each time. */
const fails = <T>(property: fc.IProperty<T>) => fc.check(property, { numRuns: 1000, seed: 1 }).failed;

const ownSecretOnly = (policy: string, server?: Server) =>
  fc.property(namespace, pair, operation, (inNamespace, [tenant, other], asked) => {
    const own = permitted(policy, tenant, asked, tenantSecretPath(tenant), server) === (asked === "read");
    const others = [tenant, inNamespace].some(
      (from) => from !== other && permitted(policy, from, asked, tenantSecretPath(other), server),
    );
    return own && !others;
  });

/** Nothing but the one secret: no folder, no neighbour in its folder, no cell, no other version by another path. */
const nothingElse = (policy: string) =>
  fc.property(pair, operation, fc.constantFrom("", "db2", "db/x", "other"), ([tenant, other], asked, name) =>
    [
      `tenants/${tenant}`,
      `tenants/${tenant}/${name}`,
      "tenants",
      "",
      `tenants/${other}/../${tenant}/db`,
      `tenants//${tenant}/db`,
      ...KINDS.map((kind) => cellSecretPath(tenant, kind)),
    ].every((path) => !permitted(policy, tenant, asked, path)),
  );

const cellsOnly = (policy: string) =>
  fc.property(slug, operation, fc.constantFrom(...KINDS), namespace, (name, asked, kind, inNamespace) => {
    const serves = asked === "read" && (kind === "app" || kind === "context");
    return (
      permitted(policy, inNamespace, asked, cellSecretPath(name, kind)) === serves &&
      [tenantSecretPath(name), "tenants", "cells", `cells/${name}`, `cells/${name}/${kind}/x`].every(
        (path) => !permitted(policy, inNamespace, asked, path),
      )
    );
  });

const spoilt = (from: string, to: string) => {
  expect(TENANTS).toContain(from);
  return TENANTS.replace(from, to);
};

test("a pod reads the secret of the tenant whose namespace it is in, and no other's, whatever the namespace is called", () => {
  fc.assert(ownSecretOnly(TENANTS), { numRuns: runs(1000) });
});

test("and nothing else in the mount", () => fc.assert(nothingElse(TENANTS), { numRuns: runs(500) }));

test("the application reads what serves pooled tenants, and no tenant's own secret", () => {
  fc.assert(cellsOnly(APPLICATION), { numRuns: runs(500) });
});

test("a pod that has both policies reads no more than the two together", () => {
  const both = `${TENANTS}\n${APPLICATION}`;
  fc.assert(ownSecretOnly(both), { numRuns: runs(300) });
});

test("a denial at the same path, in any other policy, takes the secret away", () => {
  const denied = (name: string) => `${TENANTS}\npath "${MOUNT}/data/tenants/${name}/db" { capabilities = ["deny"] }`;
  fc.assert(fc.property(slug, (name) => !permitted(denied(name), name, "read", tenantSecretPath(name))));
});

describe("controls: the same searches find a way in", () => {
  const NAMESPACE = "{{identity.entity.aliases.auth_1.metadata.service_account_namespace}}";
  test.each([
    ["any tenant's path", spoilt(NAMESPACE, "+")],
    ["a star for the path of tenants", spoilt(`${NAMESPACE}/db`, "*")],
    ["a prefix that does not end with a slash", spoilt(`${NAMESPACE}/db`, `${NAMESPACE}*`)],
    ["writing too", spoilt('["read"]', '["read", "update"]')],
    ["no read at all", spoilt('["read"]', '["list"]')],
    [
      "a denial for everybody's path beside it",
      `${TENANTS}\npath "${MOUNT}/data/tenants/${NAMESPACE}/db" { capabilities = ["deny"] }`,
    ],
  ])("with %s", (_what, policy) => expect(fails(ownSecretOnly(policy))).toBe(true));

  test("with a folder of the tenant's own", () => {
    expect(fails(nothingElse(spoilt("/db", "/*")))).toBe(true);
  });

  test("with its metadata", () => {
    const metadata = TENANTS.replace("/data/", "/metadata/");
    expect(fails(ownSecretOnly(`${TENANTS}\n${metadata}`))).toBe(true);
  });

  test.each([
    ["all secrets of a cell", APPLICATION.replace("/app", "/*")],
    ["several folders", APPLICATION.replace("cells/+/app", "+/+/db")],
    ["a star for the segment", APPLICATION.replace("cells/+/app", "cells/*")],
  ])("of the application with %s", (_what, policy) => expect(fails(cellsOnly(policy))).toBe(true));

  // A namespace cannot be called `+` in Kubernetes; on such a server that alone keeps tenants apart.
  test("on a server that takes wildcards in a value for the policy's own", () => {
    expect(fails(ownSecretOnly(TENANTS, { wildcards: "kept" }))).toBe(true);
  });
});
