/** An RDS instance: a real PostgreSQL server of the same major version on this machine, with an admin of the same rights. */
import type { provider } from "@pulumi/pulumi";
import { TenantryError } from "../../../registry/errors";
import { MAJORS, type Major } from "../../postgres/binaries";
import {
  configureInstance,
  createInstance,
  findInstance,
  type InstanceRecord,
  isRunning,
  removeInstance,
  removeReplica,
  setInstanceAdmin,
  startInstance,
} from "../../postgres/instance";
import { SUPERUSER } from "../../postgres/server";
import type { Found, LocalContext, Props } from "../../provider";
import { matches, rule, type StandIn, text } from "../stand-in";
import { describe, describedAs } from "./description";
import { checkDisk } from "./disk";
import { optionsOf } from "./parameter-group";
import { checkReplica, isReplica, runReplica } from "./read-replica";
import { named } from "./simulate";
import { arn, type Site, token } from "./site";

const HOST = "127.0.0.1";
const IDENTIFIER = /^[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$/;
const RESERVED = [SUPERUSER, "rdsadmin", "admin"];
const isPassword = (value: unknown) =>
  typeof value === "string" && /^[!-~]{8,128}$/.test(value) && !/[/@"]/.test(value);

export function instance(context: LocalContext, site: Site): StandIn {
  const { home } = context;
  return {
    required: ["identifier", "instanceClass"],
    replaceOn: ["identifier", "engine", "username", "kmsKeyId", "storageEncrypted", "dbName", "availabilityZone"],
    ignores: ["port"], // every server of this machine needs one of its own
    check: checkInstance,
    differs: (olds) => staleOutputs(olds, home),
    create: async (urn, inputs) => {
      const record = await run(context, urn, inputs);
      const outs = outputsOf(inputs, record, site);
      describe(home, record.identifier, inputs);
      return { id: outs.resourceId, outs };
    },
    read: async (id, _urn, props) => {
      if (props.identifier === undefined) return imported(home, id, site);
      const record = findInstance(home, text(props, "identifier"));
      if (!record) return {};
      const status = isRunning(home, record.identifier) ? "available" : "stopped";
      return { id, props: { ...props, ...addressOf(record), status } };
    },
    update: async (_id, urn, _olds, news) => {
      const found = findInstance(home, text(news, "identifier"));
      if (!found) throw gone(home, news);
      await configureInstance(home, found, optionsOf(home, news.parameterGroupName));
      const record = await run(context, urn, news);
      describe(home, record.identifier, news);
      return { outs: outputsOf(news, record, site) };
    },
    assertDeletable: assertUnprotected,
    delete: async (_id, urn, props) => {
      const identifier = text(props, "identifier");
      context.progress(urn, `stopping PostgreSQL and removing its data`);
      const record = isReplica(props) ? findInstance(home, identifier) : undefined;
      await (record ? removeReplica(home, record) : removeInstance(home, identifier));
    },
  };
}

function assertUnprotected(props: Props): void {
  if (props.deletionProtection !== true) return;
  throw new TenantryError(
    "TN-527",
    `server ${text(props, "identifier")} has deletionProtection: set it to false and run up first, as on AWS`,
  );
}

async function run(context: LocalContext, urn: string, inputs: Props): Promise<InstanceRecord> {
  if (isReplica(inputs)) return await runReplica(context, urn, inputs);
  const { home, progress } = context;
  const identifier = text(inputs, "identifier");
  const major = majorOf(inputs.engineVersion);
  if (!major)
    throw new TenantryError(
      "TN-527",
      `engineVersion ${inputs.engineVersion} is not of PostgreSQL ${MAJORS.join(", ")}`,
    );
  if (!findInstance(home, identifier)) progress(urn, `making PostgreSQL ${major}`);
  const record = await createInstance(home, identifier, major, optionsOf(home, inputs.parameterGroupName));
  if (!isRunning(home, identifier)) progress(urn, `starting PostgreSQL ${major}`);
  const started = await startInstance(home, record);
  await setInstanceAdmin(started, text(inputs, "username"), text(inputs, "password"));
  return started;
}

function checkInstance(inputs: Props, olds: Props): provider.CheckFailure[] {
  return [
    ...named(inputs, "identifier", IDENTIFIER, "must be 2 to 63 lower-case letters, digits and single hyphens"),
    ...checkDisk(inputs, olds),
    ...(isReplica(inputs) ? checkReplica(inputs) : checkServer(inputs, olds)),
  ];
}

/** What RDS needs of a server that is no copy of another. */
const OF_SERVER = ["engine", "engineVersion", "allocatedStorage", "username", "password"];

function checkServer(inputs: Props, olds: Props): provider.CheckFailure[] {
  const majors = MAJORS.join(", ");
  const known = majorOf(inputs.engineVersion);
  const before = majorOf(olds.engineVersion);
  const upgrade = known && before && known !== before;
  const upgradeReason = `changes the major version from ${before} to ${known}, which is not rehearsed on this machine`;
  const missing = OF_SERVER.filter((property) => inputs[property] === undefined || inputs[property] === null);
  return [
    ...missing.map((property) => ({ property, reason: "is required" })),
    ...rule(inputs, "engine", matches(/^postgres$/), "must be postgres: this machine has no other engine"),
    ...rule(
      inputs,
      "engineVersion",
      (value) => majorOf(value) !== undefined,
      `must be a version of PostgreSQL ${majors}`,
    ),
    ...(upgrade ? [{ property: "engineVersion", reason: upgradeReason }] : []),
    ...rule(
      inputs,
      "username",
      (value) => !RESERVED.includes(String(value)),
      `must not be one of ${RESERVED.join(", ")}`,
    ),
    ...rule(inputs, "password", isPassword, 'must be 8 to 128 printable ASCII characters without / @ " and space'),
    ...(inputs.skipFinalSnapshot !== true && inputs.finalSnapshotIdentifier === undefined
      ? [{ property: "finalSnapshotIdentifier", reason: "is required unless skipFinalSnapshot is true" }]
      : []),
  ];
}

function majorOf(version: unknown): Major | undefined {
  return MAJORS.find((major) => major === Number.parseInt(String(version), 10));
}

function outputsOf(inputs: Props, record: InstanceRecord, { region, defaultTags }: Site) {
  const { identifier } = record;
  const resourceId = `db-${token(26, identifier, region).toUpperCase()}`;
  const named = {
    resourceId,
    arn: arn("rds", region, `db:${identifier}`),
    hostedZoneId: "Z0000000000000",
    status: "available",
  };
  const tags = typeof inputs.tags === "object" ? inputs.tags : {};
  return { ...inputs, ...named, ...addressOf(record), tagsAll: { ...defaultTags, ...tags } };
}

function addressOf({ port }: InstanceRecord) {
  return { address: HOST, port, endpoint: `${HOST}:${port}` };
}

/** A server that no stack has: what AWS tells of it, which is everything but the password. */
function imported(home: string, identifier: string, site: Site): Found {
  const [record, inputs] = [findInstance(home, identifier), describedAs(home, identifier)];
  if (!record || !inputs) return {};
  const props = outputsOf(inputs, record, site);
  return { id: props.resourceId, props, inputs };
}

/** Another port since a restart; or a server that does not run, which an update starts, or says why not. */
function staleOutputs(olds: Props, home: string): readonly string[] {
  const record = findInstance(home, String(olds.identifier));
  const runs = record && isRunning(home, record.identifier);
  return [...(record && record.port !== olds.port ? ["port", "endpoint"] : []), ...(runs ? [] : ["status"])];
}

/** A replica loses nothing by it: its source has all that it had. */
function gone(home: string, inputs: Props): TenantryError {
  const anew = isReplica(inputs) ? "copy it anew from its source" : "make it anew and empty";
  return new TenantryError(
    "TN-520",
    `the data of server ${text(inputs, "identifier")} is gone from ${home}/servers: run refresh, then up, to ${anew}`,
  );
}
