import fc from "fast-check";
import {
  bucketName,
  bucketPrefix,
  CELL_ROLES,
  CONTROL_SCHEMA,
  cellSecretPath,
  DEFAULT_ADMIN,
  defaultId,
  dialVariable,
  filesPrefix,
  loginsOf,
  POOLED_SCHEMA,
  replicaIdentifier,
  roleOf,
  SLUG,
  SLUG_LENGTH,
  schemaOf,
  serverIdentifier,
  subAdminOf,
  tenantSecretPath,
} from "../../registry/names";
import { runs } from "../runs";

/** Slugs that look alike more often than chance would have it: few letters, all the words that names are made of. */
const part = fc.oneof(
  fc.constantFrom("a", "b", "aa", "ab", "a1", "role", "login", "tenant", "tenantry", "files", "x"),
  fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/),
);
const slug = fc
  .array(part, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join("-").slice(0, SLUG_LENGTH.max).replace(/-$/, ""))
  .filter((text) => SLUG.test(text) && text.length >= SLUG_LENGTH.min);
const stack = fc.oneof(
  fc.constantFrom("dev", "prod", "a", "a-b", "Prod", "a.b"),
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,30}$/),
);

const tenant = (text: string) => ({ slug: text, id: defaultId(text) });

/** Roles, schemas and Vault paths that PostgreSQL and Vault see of a tenant. */
const namesOf = (text: string) => ({
  roles: [roleOf(text), loginsOf(text).a, loginsOf(text).b],
  schemas: [schemaOf(text)],
  paths: [tenantSecretPath(text)],
  variables: [dialVariable(text)],
  prefixes: [filesPrefix(defaultId(text))],
  servers: [serverIdentifier("dev", text), replicaIdentifier("dev", text, 1), replicaIdentifier("dev", text, 5)],
  buckets: [bucketName("company", "dev", tenant(text)), bucketName("c".repeat(40), "dev", tenant(text))],
});

test("no two tenants derive the same name, of whatever kind", () => {
  fc.assert(
    fc.property(slug, slug, (one, other) => {
      fc.pre(one !== other);
      const [left, right] = [Object.values(namesOf(one)).flat(), Object.values(namesOf(other)).flat()];
      expect(left.filter((name) => right.includes(name))).toEqual([]);
    }),
    { numRuns: runs(3000) },
  );
});

test("the property sees the mistake that it guards against: a suffix that a slug may end in", () => {
  const careless = (text: string) => [`login_${text}`, `login_${text}_a`].map((name) => name.replaceAll("-", "_"));
  expect(careless("acme-a").some((name) => careless("acme").includes(name))).toBe(true);
});

test("no tenant derives a name that a cell has once", () => {
  const cellNames: string[] = [
    ...Object.values(CELL_ROLES),
    DEFAULT_ADMIN,
    subAdminOf(1),
    subAdminOf(1000),
    CONTROL_SCHEMA,
    POOLED_SCHEMA,
  ];
  fc.assert(
    fc.property(slug, (text) => {
      const { roles, schemas, paths } = namesOf(text);
      expect([...roles, ...schemas].filter((name) => cellNames.includes(name))).toEqual([]);
      expect(paths[0]).not.toBe(cellSecretPath(text, "app"));
    }),
  );
});

test("names fit what carries them", () => {
  fc.assert(
    fc.property(slug, stack, (text, stackName) => {
      const { roles, schemas } = namesOf(text);
      for (const name of [...roles, ...schemas]) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
      for (const name of [serverIdentifier(stackName, text), replicaIdentifier(stackName, text, 5)]) {
        expect(name).toMatch(/^[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$/);
      }
      expect(bucketName("company-eu", stackName, tenant(text))).toMatch(/^[a-z0-9](?!.*\.\.)[a-z0-9-]{1,61}[a-z0-9]$/);
      expect(dialVariable(text)).toMatch(/^[A-Z][A-Z0-9_]*$/);
    }),
  );
});

test("servers and buckets of two stacks never meet", () => {
  fc.assert(
    fc.property(stack, stack, slug, slug, (one, other, left, right) => {
      fc.pre(one !== other);
      expect(serverIdentifier(one, left)).not.toBe(serverIdentifier(other, right));
      expect(replicaIdentifier(one, left, 1)).not.toBe(serverIdentifier(other, right));
      expect(bucketName("company", one, tenant(left))).not.toBe(bucketName("company", other, tenant(right)));
      const ofRegion = [bucketName("company", one, { region: right }), bucketName("company", one, { logsOf: right })];
      expect(ofRegion).not.toContain(bucketName("company", one, tenant(left)));
      expect(new Set(ofRegion).size).toBe(2);
      for (const name of ofRegion) expect(name.startsWith(bucketPrefix("company", one))).toBe(true);
    }),
    { numRuns: runs(2000) },
  );
});

test("a stack or slug that is written as the short form of another's is still another", () => {
  const short = serverIdentifier("a.b", "eu-1").split("-")[0] ?? "";
  expect(serverIdentifier(short, "eu-1")).not.toBe(serverIdentifier("a.b", "eu-1"));

  const prefix = "c".repeat(30);
  const cut = bucketName(prefix, "dev", tenant("t".repeat(40)));
  expect(cut).toHaveLength(63);
  const crafted = cut.slice(`${prefix}-dev-tenant-`.length);
  expect(SLUG.test(crafted)).toBe(true);
  expect(bucketName(prefix, "dev", tenant(crafted))).not.toBe(cut);
});

test("a stack's plain name stays readable", () => {
  expect(serverIdentifier("prod", "eu-1")).toBe("prod-eu-1");
  expect(bucketName("company", "prod", { region: "eu-west-1" })).toBe("company-prod-files-eu-west-1");
});

test("a slug that is used again, with another id, has another bucket", () => {
  expect(bucketName("company", "prod", tenant("acme"))).toBe("company-prod-tenant-acme-d8724c3c");
  const successor = { slug: "acme", id: "11111111-2222-4333-8444-555555555555" };
  expect(bucketName("company", "prod", successor)).toBe("company-prod-tenant-acme-11111111");
});

test("the id is a UUIDv5 of the slug, for good", () => {
  expect(defaultId("acme")).toBe("d8724c3c-8f61-5d4e-ae86-416dbc10bf3e");
  fc.assert(
    fc.property(slug, (text) => {
      expect(defaultId(text)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }),
  );
});
