/**
 * What may be written in the registry's files: the one definition behind the program's check and the editor's schema
 * file. Each value says, as its error, what is allowed and what to type.
 */
import { z } from "zod";
import { SLUG, SLUG_LENGTH } from "./names";
import { ALLOWANCES, CELL_STATUSES, STATUSES, TABLES, TIERS } from "./types";
import { DURATION, GROUPED_INTEGER, MEMORY } from "./units";

/** What a name may be. `constructor` is refused because every JavaScript object seems to have one. */
export interface NameRule {
  readonly pattern: RegExp;
  /** What is allowed and what to type. */
  readonly error: string;
}

const nameRule = (what: string, reserved: string, example: string): NameRule => ({
  pattern: new RegExp(`^(?!(${reserved})$)(?=.{${SLUG_LENGTH.min},${SLUG_LENGTH.max}}$)${SLUG.source.slice(1)}`),
  error: `${what} has ${SLUG_LENGTH.min} to ${SLUG_LENGTH.max} letters a to z, digits and single hyphens, begins with a letter and is not reserved; write one such as ${example}`,
});

/**
 * By section of the files. A tenant's slug is its Kubernetes namespace too, and some of those are Kubernetes' own; some are
 * those of the tenants that `tenantry prove` makes.
 */
export const NAMES = {
  plans: nameRule("a plan's name", "constructor", "free"),
  cells: nameRule("a cell's name", "constructor", "eu-1"),
  tenants: nameRule("a tenant's slug", "constructor|default|kube-.*|tenantry-probe-.*", "acme"),
} as const;

const REGION = /^[a-z]{2}(-[a-z]+)+-[0-9]$/;
const INSTANCE_CLASS = /^db\.(t|m|r|x)[0-9][a-z0-9]*\.(micro|small|medium|large|([0-9]{1,2})?xlarge)$/;
/** No alias: RDS answers with the key behind it, which is then a difference that asks for a new server, and IAM knows keys alone. */
const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const EXTENSION = /^[a-z][a-z0-9_-]{0,62}$/;
const SUPPORTED_POSTGRES = [16, 17, 18] as const;

const text = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error });
const whole = (min: number, max: number, error: string) => z.int({ error }).min(min, { error }).max(max, { error });
const choice = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `use one of ${values.join(", ")}` });

/** The error lists the known keys, for the finding of one that is not known. `example` is a mapping to write. */
const section = <S extends z.ZodRawShape>(what: string, shape: S, example?: string) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? Object.keys(shape).join(", ")
        : `${what} is a mapping of ${Object.keys(shape).join(", ")}${example ? `; write one such as ${example}` : ""}`,
  });

const region = text(REGION, "an AWS region; write one such as eu-west-1");
const workMem = text(MEMORY, "an amount of memory in MB or GB; write one such as 64MB").describe(
  "Memory that one step of a query may use before it goes to disk (work_mem).",
);
const statementTimeout = text(DURATION, "a time in ms, s or min; write one such as 30s").describe(
  "How long one statement may run.",
);
const idleInTransactionTimeout = text(DURATION, "a time in ms, s or min; write one such as 60s").describe(
  "How long a transaction may wait for its next statement; 60s unless written.",
);
const transactionTimeout = text(DURATION, "a time in ms, s or min; write one such as 60min").describe(
  "How long a transaction may last; 60min unless written. PostgreSQL holds it from 17 on, `tenantry watch` everywhere.",
);
const connections = whole(1, 5000, "a whole number from 1 to 5000; write one such as 25").describe(
  "Connections of a schema or dedicated tenant together.",
);
const QUOTA = "a whole number, 0 or more, such as 100 or 1_000_000; to lift a limit, leave it out of the plan";
const quota = z.union([whole(0, Number.MAX_SAFE_INTEGER, QUOTA), text(GROUPED_INTEGER, QUOTA)], { error: QUOTA });

const tier = choice(TIERS).describe(
  "pooled: rows in shared tables. schema: a schema of its own on a shared server. dedicated: a server of its own.",
);
const tables = choice(TABLES).describe(
  "own: the application makes its tables itself. managed: Tenantry does (default).",
);
const key = text(KEY_ARN, "the ARN of a KMS key, not of an alias; write arn:aws:kms:<region>:<account>:key/<id>");
const instanceClass = text(INSTANCE_CLASS, "an RDS class of the families t, m, r or x; write one such as db.m7g.large");
const diskGb = whole(20, 65_536, "a whole number of GB from 20 to 65536; write one such as 100");
const replicas = whole(0, 5, "a whole number from 0 to 5; write one such as 1").describe(
  "Read replicas beside the server, each with an endpoint of its own; 0 unless written.",
);
const replicaClass = instanceClass.describe("Class of the read replicas, that of the server unless written.");
const allow = section(
  "allow",
  Object.fromEntries(
    ALLOWANCES.map((word) => [
      word,
      z.literal(true, { error: `true, or nothing; write ${word}: true, or remove it` }).exactOptional(),
    ]),
  ),
  "allow: { reboot: true }",
).describe("What the next change may do to the server: restart it (reboot), take replicas away (fewerReplicas).");
const postgres = z
  .union(
    SUPPORTED_POSTGRES.map((major) => z.literal(major)),
    { error: `use one of ${SUPPORTED_POSTGRES.join(", ")}` },
  )
  .describe("Major version of PostgreSQL, 17 unless written.");
const extensions = z
  .array(text(EXTENSION, "the name of a PostgreSQL extension; write one such as pg_trgm"), {
    error: "a list of extensions; write one such as [pg_trgm]",
  })
  .describe("PostgreSQL extensions of the database.");
const residency = z
  .array(region, { error: "a list of AWS regions; write one such as [eu-west-1]" })
  .min(1, { error: "a list of at least one region; write one such as [eu-west-1], or leave it out" })
  .describe("The only regions where data and backups may be.");

const backup = section(
  "backup",
  {
    retentionDays: whole(1, 3650, "a whole number of days from 1 to 3650; write one such as 35")
      .describe("Days that daily backups are kept; the stack's default unless written.")
      .exactOptional(),
    copyTo: region.describe("A second region that receives a copy of each backup.").exactOptional(),
    copyKey: key.describe("KMS key in that region; needed when the server has a key of its own.").exactOptional(),
    continuous: z
      .boolean({ error: "true or false; write continuous: true, or leave it out" })
      .describe("true: AWS Backup can restore to any second of the last 35 days at most (false).")
      .exactOptional(),
  },
  "backup: { retentionDays: 35 }",
);

const from = section("from", {
  tier,
  cell: text(NAMES.cells.pattern, NAMES.cells.error)
    .describe("The shared cell that the tenant leaves.")
    .exactOptional(),
  region: region.describe("Where its own server is, when it leaves that.").exactOptional(),
}).describe("Where the tenant still lives while it moves.");

/** The files' definition. `quotas` are the names that the table files declare: no others are known. */
export function defineFiles(quotas: readonly string[]) {
  const limits = section("quotas", Object.fromEntries(quotas.map((name) => [name, quota.exactOptional()]))).describe(
    "Limits by name, as declared in sql/tenant. One that is left out is unlimited.",
  );
  const plan = section("a plan", {
    tier,
    workMem,
    statementTimeout,
    idleInTransactionTimeout: idleInTransactionTimeout.exactOptional(),
    transactionTimeout: transactionTimeout.exactOptional(),
    connections: connections.exactOptional(),
    quotas: limits.exactOptional(),
    tables: tables.exactOptional(),
    instanceClass: instanceClass.exactOptional(),
    diskGb: diskGb.exactOptional(),
    replicas: replicas.exactOptional(),
    replicaClass: replicaClass.exactOptional(),
    backup: backup.exactOptional(),
    residency: residency.exactOptional(),
  }).describe("What a customer pays for: a tier and its limits.");

  const cell = section("a cell", {
    region,
    instanceClass,
    diskGb,
    postgres: postgres.exactOptional(),
    tables: tables.exactOptional(),
    pooledConnections: whole(1, 4000, "a whole number from 1 to 4000; write one such as 100")
      .describe("Connections of the pooled application together, 100 unless written.")
      .exactOptional(),
    overcommit: z
      .number({ error: "a number from 1 to 100; write one such as 4" })
      .min(1, { error: "a number from 1 to 100; write one such as 4" })
      .max(100, { error: "a number from 1 to 100; write one such as 4" })
      .describe("How many times what is promised to tenants may exceed what the server has, 4 unless written.")
      .exactOptional(),
    extensions: extensions.exactOptional(),
    backup: backup.exactOptional(),
    replicas: replicas.exactOptional(),
    replicaClass: replicaClass.exactOptional(),
    status: choice(CELL_STATUSES)
      .describe("retiring: no tenant lives there any more, and the line may go next.")
      .exactOptional(),
    allow: allow.exactOptional(),
  }).describe("A shared server: pooled and schema tenants live on it.");

  const tenant = section("a tenant", {
    plan: z.string({ error: "the name of a plan of plans.yaml; write one such as free" }),
    cell: z
      .string({ error: "the name of a cell; write one such as eu-1" })
      .describe("The shared cell of a pooled or schema tenant. `tenantry add` picks one.")
      .exactOptional(),
    region: region.describe("Where a dedicated tenant's server is.").exactOptional(),
    tier: tier.exactOptional(),
    status: choice(STATUSES)
      .describe("suspended: nobody gets in, all stays. offboarding: suspended, and the line may go next.")
      .exactOptional(),
    id: text(UUID, "a UUID in lower case; leave it out, and it follows from the slug").exactOptional(),
    workMem: workMem.exactOptional(),
    statementTimeout: statementTimeout.exactOptional(),
    idleInTransactionTimeout: idleInTransactionTimeout.exactOptional(),
    transactionTimeout: transactionTimeout.exactOptional(),
    connections: connections.exactOptional(),
    quotas: limits.exactOptional(),
    tables: tables.exactOptional(),
    instanceClass: instanceClass.exactOptional(),
    diskGb: diskGb.exactOptional(),
    postgres: postgres.exactOptional(),
    extensions: extensions.exactOptional(),
    replicas: replicas.exactOptional(),
    replicaClass: replicaClass.exactOptional(),
    allow: allow.exactOptional(),
    key: key.describe("The customer's own KMS key, for a dedicated server.").exactOptional(),
    backup: backup.exactOptional(),
    residency: residency.exactOptional(),
    from: from.exactOptional(),
  }).describe("A customer. Whatever it does not say comes from its plan.");

  return {
    plans: section("plans.yaml", {
      plans: named("plans", plan, "a mapping of plans; write free: { tier: pooled, ... }"),
    }),
    stack: section("the file", {
      cells: named(
        "cells",
        cell,
        "a mapping of cells; write eu-1: { region: eu-west-1, ... }, or leave it out",
      ).exactOptional(),
      tenants: named("tenants", tenant, "a mapping of tenants; write acme: { plan: free, cell: eu-1 }, or {} for none"),
      serversPerRegion: whole(1, 1000, "a whole number from 1 to 1000; write one such as 40")
        .describe("RDS instances that the account may have in one region, 40 unless written.")
        .exactOptional(),
    }),
  };
}

/** Zod passes over the value of a key that it refuses, so names are checked apart (`validEntries`), and told to editors here. */
const named = <V extends z.ZodType>(names: keyof typeof NAMES, value: V, error: string) =>
  z.record(z.string(), value, { error }).meta({ propertyNames: { pattern: NAMES[names].pattern.source } });

type Files = ReturnType<typeof defineFiles>;
type WrittenPlans = z.infer<Files["plans"]>;
type WrittenStack = z.infer<Files["stack"]>;
export type WrittenPlan = WrittenPlans["plans"][string];
export type WrittenCell = NonNullable<WrittenStack["cells"]>[string];
export type WrittenTenant = WrittenStack["tenants"][string];
