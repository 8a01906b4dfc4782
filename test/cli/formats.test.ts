/** What a deployment is told, in each form. */
import { parse, parseAllDocuments } from "yaml";
import { renderEnv } from "../../cli/formats/env";
import { factsOf, secretFacts } from "../../cli/formats/facts";
import { renderHelm } from "../../cli/formats/helm";
import { readVaultForPods } from "../../cli/formats/kubernetes-auth";
import { refuseUnfitting } from "../../cli/formats/render";
import { renderFormatUrl } from "../../cli/formats/url";
import { renderVso } from "../../cli/formats/vso";
import { renderPsqlEnv } from "../../cli/psql-env";
import { TIER_TRAITS } from "../../registry/tiers";
import type { DirectoryRow, Tenant, Tier } from "../../registry/types";

const tenant = (slug: string, tier: Tier): Tenant => ({
  slug,
  id: "00000000-0000-5000-8000-000000000000",
  plan: "p",
  tier,
  status: "active",
  cell: TIER_TRAITS[tier].shared ? "eu-1" : slug,
  region: "eu-west-1",
  limits: {
    workMemMb: 64,
    statementTimeoutMs: 1_000,
    idleInTransactionTimeoutMs: 1_000,
    transactionTimeoutMs: 1_000,
    quotas: {},
  },
  tables: "managed",
  backup: {},
  overrides: [],
});
const row = (schema: string): DirectoryRow => {
  const { slug, id, tier, cell, status } = tenant("staging", "schema");
  return { slug, id, tier, cell, status, schema, host: "db.example.com", port: 5432, database: "app" };
};
const secret = {
  host: "db.example.com",
  port: "5432",
  database: "app",
  username: "login_staging_a",
  password: "p-1_x",
  schema: "tenant_staging",
  sslmode: "verify-full",
  url: "postgresql://login_staging_a:p-1_x@db.example.com:5432/app?sslmode=verify-full",
};
const facts = factsOf(row("tenant_staging"), "verify-full");

describe("variables", () => {
  test("have the deployment's prefix, and no secret", () => {
    expect(renderEnv(facts, { prefix: "BROKKR__DATABASE__" }).split("\n")).toEqual([
      "BROKKR__DATABASE__HOST=db.example.com",
      "BROKKR__DATABASE__PORT=5432",
      "BROKKR__DATABASE__NAME=app",
      "BROKKR__DATABASE__SCHEMA=tenant_staging",
      "BROKKR__DATABASE__SSLMODE=verify-full",
    ]);
  });

  test("have names of their own, or are left out", () => {
    const names = "schema=PG_SCHEMA,host=,port=,sslmode=,database=";
    expect(renderEnv(facts, { names })).toBe("PG_SCHEMA=tenant_staging");
  });

  test("name no schema where it is public: the application stays as it is", () => {
    expect(renderEnv(factsOf(row("public"), "verify-full"), {})).not.toMatch(/schema|public/i);
  });

  test("with the secret have the password, and the URL that Prisma reads where it is given a name", () => {
    const text = renderEnv(secretFacts(secret), { names: "schemaUrl=DATABASE_URL,url=" });
    expect(text).toContain("DATABASE_PASSWORD=p-1_x\n");
    expect(text).toMatch(/^DATABASE_URL='postgresql:.*:p-1_x@db.*\/app\?schema=tenant_staging&sslmode=verify-full'$/m);
  });

  test.each([
    ["what is no fact", "shema=X", /--names has "shema=X"; allowed are host, port.*TN-606/],
    ["a name that two facts would have", "schema=X,port=X", /schema would be "X" and port "X".*TN-606/],
    ["the usual name of another fact", "schemaUrl=DATABASE_URL", /schemaUrl .* and url .*--names url=.*TN-606/],
    ["a fact with two names", "schema=X,schema=Y", /--names has schema twice.*TN-606/],
    ["what no shell takes as a name", "schema=a-b", /"a-b" is no name for --format env.*TN-606/],
    ["what would be a command", "schema=X$(id)", /TN-606/],
  ])("refuse %s", (_what, names, message) => {
    expect(() => renderEnv(facts, { names })).toThrow(message);
  });
});

test("a URL names the schema in the parameter that the tool reads, or in none", () => {
  const base = "postgresql://db.example.com:5432/app?";
  expect(renderFormatUrl(facts, {})).toBe(`${base}schema=tenant_staging&sslmode=verify-full`);
  expect(renderFormatUrl(facts, { names: "schema=currentSchema" })).toContain("?currentSchema=tenant_staging&");
  expect(renderFormatUrl(facts, { names: "schema=" })).toBe(`${base}sslmode=verify-full`);
  expect(renderFormatUrl(factsOf(row("public"), "disable"), {})).toBe(`${base}sslmode=disable`);
  expect(renderFormatUrl(secretFacts({ ...secret, password: "a/b@c" }), {})).toContain(
    "//login_staging_a:a%2Fb%40c@db",
  );
});

test("Helm values are nested and typed", () => {
  expect(parse(renderHelm(facts, {}))).toEqual({
    database: { host: "db.example.com", port: 5432, name: "app", schema: "tenant_staging", sslmode: "verify-full" },
  });
  const yes = factsOf({ ...row("tenant_staging"), database: "yes" }, "disable");
  expect(parse(renderHelm(yes, { prefix: "a.b.", names: "schema=brokkr.schema" }))).toEqual({
    a: { b: { host: "db.example.com", port: 5432, name: "yes", sslmode: "disable" } },
    brokkr: { schema: "tenant_staging" },
  });
});

test("Helm values that would hold each other are refused", () => {
  expect(() => renderHelm(facts, { names: "schema=database" })).toThrow(/schema would be "database" and host.*TN-606/);
  expect(() => renderHelm(facts, { names: "schema=database.host.x" })).toThrow(/TN-606/);
  expect(() => renderEnv(facts, { names: "schema=DATABASE" })).not.toThrow();
});

test("an option that the format would pass over is refused", () => {
  const given =
    (...names: string[]) =>
    (option: string) =>
      names.includes(option);
  expect(() => refuseUnfitting(undefined, given())).not.toThrow();
  for (const kept of ["helm", "vso"]) {
    expect(() => refuseUnfitting(kept, given("withPassword"))).toThrow(/--with-password does nothing for --format/);
  }
  expect(() => refuseUnfitting("vso", given("prefix", "names", "restart", "refreshAfter"))).not.toThrow();
  expect(() => refuseUnfitting(undefined, given("withPassword"))).toThrow(
    /^--with-password does nothing without --format; type --format env or url, or leave it out.*TN-606/,
  );
  expect(() => refuseUnfitting("env", given("restart"))).toThrow(
    /--restart does nothing for --format env.*vso.*TN-606/,
  );
  expect(() => refuseUnfitting("url", given("prefix"))).toThrow(/--prefix does nothing for --format url/);
});

describe("manifests for the Vault Secrets Operator", () => {
  const kubernetes = { host: "https://k", application: { namespaces: ["shop"], serviceAccounts: ["api"] } };
  const vaultWith = (auth: unknown) =>
    readVaultForPods({
      name: "tenantry",
      dir: "/",
      stack: "prod",
      main: ".",
      nodeArgs: [],
      config: {
        "tenantry:vaultAddress": "https://vault.example.com:8200",
        ...(auth !== undefined && { "tenantry:kubernetesAuth": JSON.stringify(auth) }),
      },
    });
  const options = { refreshAfter: "10m", restart: [] };
  const documents = (text: string) => parseAllDocuments(text).map((document) => document.toJS());
  const render = (tier: Tier, more = {}) =>
    renderVso(tenant("birch", tier), vaultWith(kubernetes), { ...options, ...more });

  test.each(["schema", "dedicated"] as const)("a %s tenant's secret goes to the namespace of its name", (tier) => {
    const [connection, auth, synced] = documents(render(tier, { restart: ["Deployment/api"] }));
    expect(connection.spec).toEqual({ address: "https://vault.example.com:8200", skipTLSVerify: false });
    expect(auth).toMatchObject({
      apiVersion: "secrets.hashicorp.com/v1beta1",
      kind: "VaultAuth",
      metadata: { name: "tenantry", namespace: "birch" },
      spec: {
        vaultConnectionRef: "tenantry",
        method: "kubernetes",
        mount: "tenantry",
        kubernetes: { role: "tenantry-tenants", serviceAccount: "default", audiences: ["vault"] },
      },
    });
    expect(synced).toEqual({
      apiVersion: "secrets.hashicorp.com/v1beta1",
      kind: "VaultStaticSecret",
      metadata: { name: "tenantry-database", namespace: "birch" },
      spec: {
        vaultAuthRef: "tenantry",
        mount: "secret",
        type: "kv-v2",
        path: "tenants/birch/db",
        refreshAfter: "10m",
        destination: { name: "tenantry-database", create: true, transformation: { excludeRaw: true } },
        rolloutRestartTargets: [{ kind: "Deployment", name: "api" }],
      },
    });
  });

  test("a pooled tenant has the application's", () => {
    const [, auth, app, context] = documents(render("pooled"));
    expect(auth).toMatchObject({
      metadata: { namespace: "shop" },
      spec: { kubernetes: { role: "tenantry-application", serviceAccount: "api" } },
    });
    expect([app.spec.path, context.spec.path]).toEqual(["cells/eu-1/app", "cells/eu-1/context"]);
  });

  test("the Secret has the deployment's names alone", () => {
    const [, , synced] = documents(render("schema", { prefix: "DB_", names: "url=,schemaUrl=DATABASE_URL" }));
    const { excludes, templates } = synced.spec.destination.transformation;
    expect(excludes).toEqual([".*"]);
    expect(templates).toMatchObject({
      DB_PASSWORD: { text: '{{- get .Secrets "password" -}}' },
      DATABASE_URL: { text: '{{- printf "%s&schema=%s" (get .Secrets "url") (get .Secrets "schema") -}}' },
    });
    expect(Object.keys(templates)).not.toContain("DB_URL");
  });

  test.each([
    ["a stack without Kubernetes", undefined, {}, /stack prod has no tenantry:kubernetesAuth.*TN-607/],
    ["a pooled tenant of nobody's", { host: "https://k" }, {}, /birch is pooled.*application.namespaces.*TN-607/],
    ["a time that is none", kubernetes, { refreshAfter: "often" }, /--refresh-after is often.*TN-606/],
    ["a workload that cannot be restarted", kubernetes, { restart: ["Pod/x"] }, /--restart Pod\/x.*Deployment.*TN-606/],
  ])("refuse %s", (_what, auth, more, message) => {
    expect(() => renderVso(tenant("birch", "pooled"), vaultWith(auth), { ...options, ...more })).toThrow(message);
  });
});

describe("variables for psql", () => {
  test("carry the password, and which authority to trust", () => {
    expect(renderPsqlEnv(secret, { bundle: undefined, dial: undefined }).split("\n")).toEqual([
      "export PGHOST=db.example.com",
      "export PGPORT=5432",
      "export PGDATABASE=app",
      "export PGUSER=login_staging_a",
      "export PGPASSWORD=p-1_x",
      "export PGSSLMODE=verify-full",
      "export PGSSLROOTCERT=system",
    ]);
  });

  test("dial a tunnel under the server's own name, and take a pooled tenant's context along", () => {
    const text = renderPsqlEnv(
      { ...secret, context: "k1.x" },
      { bundle: "/ca's.pem", dial: { host: "localhost", port: 15432 } },
    );
    expect(text).toMatch(/PGHOST=db.example.com\nexport PGHOSTADDR=127.0.0.1\nexport PGPORT=15432\n/);
    expect(text).toContain("export PGSSLROOTCERT='/ca'\\''s.pem'");
    expect(text).toMatch(/PGOPTIONS='-c tenantry.context=k1.x'$/);
  });
});
