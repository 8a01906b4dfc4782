/** RDS parameter groups: what this machine knows of the settings in them reaches the servers that use them. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { configureInstance, type InstanceOptions, listInstances } from "../../postgres/instance";
import { type Parameter, settingsOf } from "../../postgres/parameters";
import { readJson, writePrivate } from "../../private-file";
import type { LocalContext, Props } from "../../provider";
import { isRecord } from "../../wire";
import { matches, rule, type StandIn, text } from "../stand-in";
import { named, type Simulated, simulate } from "./simulate";
import { arn, type Site } from "./site";

const NAME = /^[a-z](?!.*--)[a-z0-9-]{0,253}[a-z0-9]$/;

/** Some of the parameters that PostgreSQL reads at its start alone. */
const STATIC: readonly string[] = [
  "max_connections",
  "max_locks_per_transaction",
  "max_replication_slots",
  "max_wal_senders",
  "max_worker_processes",
  "rds.logical_replication",
  "shared_buffers",
  "shared_preload_libraries",
];

const PARAMETER_GROUP: Simulated = {
  required: ["family"],
  replaceOn: ["description", "family", "name", "namePrefix"],
  named: "name",
  tagged: true,
  check: (inputs) => [
    ...named(inputs, "name", NAME, "must be lower-case letters, digits and single hyphens"),
    ...rule(inputs, "family", matches(/^postgres\d+$/), "must be a family of PostgreSQL such as postgres17"),
    ...rule(inputs, "parameters", areApplicable, `must have applyMethod pending-reboot for ${STATIC.join(", ")}`),
  ],
  outputs: (inputs, { region }) => {
    const name = text(inputs, "name");
    return { id: name, arn: arn("rds", region, `pg:${name}`) };
  },
};

export function parameterGroup(context: LocalContext, site: Site): StandIn {
  const simulated = simulate(PARAMETER_GROUP, site);
  return {
    ...simulated,
    create: async (urn, inputs) => {
      await saveGroup(context.home, inputs);
      return simulated.create(urn, inputs);
    },
    update: async (id, urn, olds, news) => {
      await saveGroup(context.home, news);
      return simulated.update(id, urn, olds, news);
    },
    delete: async (id) => rmSync(fileOf(context.home, id), { force: true }),
  };
}

/** What a server takes from the group of this name; nothing from one of AWS's own (`default.postgres17`). */
export function optionsOf(home: string, group: unknown): InstanceOptions {
  if (typeof group !== "string") return { settings: {} };
  const parameters = existsSync(fileOf(home, group)) ? readJson(fileOf(home, group)) : [];
  return { parameterGroup: group, settings: settingsOf(parametersIn(parameters)) };
}

async function saveGroup(home: string, inputs: Props): Promise<void> {
  const name = text(inputs, "name");
  mkdirSync(join(home, "parameter-groups"), { recursive: true });
  writePrivate(fileOf(home, name), JSON.stringify(parametersIn(inputs.parameters)));
  const users = listInstances(home).filter((record) => record.parameterGroup === name);
  for (const record of users) await configureInstance(home, record, optionsOf(home, name));
}

function fileOf(home: string, name: string): string {
  return join(home, "parameter-groups", `${encodeURIComponent(name)}.json`);
}

/** The provider says `immediate` where the program says nothing. */
function areApplicable(value: unknown): boolean {
  const rows = Array.isArray(value) ? value.filter(isRecord) : [];
  return rows.every(({ name, applyMethod }) => !STATIC.includes(String(name)) || applyMethod === "pending-reboot");
}

function parametersIn(value: unknown): readonly Parameter[] {
  const rows = Array.isArray(value) ? value.filter(isRecord) : [];
  return rows.map((row) => ({ name: String(row.name), value: String(row.value) }));
}
