/** The registry's texts to the registry, or to everything that is wrong with them. */
import { checkTenant, type Known, unknownReferences } from "./check-tenant";
import { type Finding, RegistryErrors } from "./errors";
import { resolveCell, resolvePlan, resolveTenant } from "./resolve";
import { breaches } from "./rules";
import { BACKUP_RULES } from "./rules-backup";
import { estateFindings } from "./rules-estate";
import { PLAN_RULES } from "./rules-plan";
import { REPLICA_RULES } from "./rules-server";
import type { Registry } from "./types";
import { validEntries } from "./valid-entries";
import { defineFiles } from "./written";
import { readYaml, valueAt, type YamlText } from "./yaml-text";

export interface SourceText {
  /** As findings name it. */
  readonly file: string;
  readonly text: string;
}

export interface RegistrySources {
  readonly plans: SourceText;
  readonly stack: SourceText;
  /** Names of the quotas that the table files declare. */
  readonly quotas: readonly string[];
}

export interface Checked {
  /** Errors and warnings, in the order of the files. */
  readonly findings: readonly Finding[];
  /** What could be understood: all of it when there is no error. */
  readonly registry: Registry;
}

/** @throws RegistryErrors with all errors. Warnings do not throw: see `checkRegistry`. */
export function parseRegistry(sources: RegistrySources): Registry {
  const { findings, registry } = checkRegistry(sources);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new RegistryErrors(errors);
  return registry;
}

/** Rules see only what passed the ones before, so that one mistake is told once. */
export function checkRegistry(sources: RegistrySources): Checked {
  const definition = defineFiles(sources.quotas);
  const plansText = readYaml(sources.plans.file, sources.plans.text);
  const stackText = readYaml(sources.stack.file, sources.stack.text);
  const plansFile = validEntries(plansText, definition.plans);
  const stackFile = validEntries(stackText, definition.stack);
  const { cells: writtenCells = {}, tenants: writtenTenants = {}, serversPerRegion } = stackFile.value ?? {};

  const plans = new Map(Object.entries(plansFile.value?.plans ?? {}));
  const cells = new Map(Object.entries(writtenCells));
  const known: Known = { plans, cells, planNames: namesIn(plansText, "plans"), cellNames: namesIn(stackText, "cells") };
  const tenants = Object.entries(writtenTenants).map(([slug, tenant]) => checkTenant(slug, tenant, known, stackText));
  const sound = tenants.flatMap((tenant) => tenant.sound ?? []);

  const registry: Registry = {
    plans: new Map([...plans].map(([name, plan]) => [name, resolvePlan(name, plan)])),
    cells: new Map([...cells].map(([name, cell]) => [name, resolveCell(name, cell)])),
    tenants: new Map(sound.map(({ slug, tenant, plan, home }) => [slug, resolveTenant(slug, tenant, plan, home)])),
  };
  const ofPlans = [
    ...plansText.findings,
    ...plansFile.findings,
    ...[...plans].flatMap(([name, plan]) => breaches(PLAN_RULES, plan, plansText, ["plans", name])),
  ];
  const ofStack = [
    ...stackText.findings,
    ...stackFile.findings,
    ...[...cells].flatMap(([name, { backup = {}, replicas = 0, ...cell }]) => [
      ...breaches(BACKUP_RULES, { ...cell, backup }, stackText, ["cells", name]),
      ...breaches(REPLICA_RULES, { ...cell, replicas }, stackText, ["cells", name]),
    ]),
    ...tenants.flatMap(({ findings }) => findings),
    ...entriesIn(stackText, "tenants")
      .filter(([slug]) => !Object.hasOwn(writtenTenants, slug))
      .flatMap(([slug, tenant]) => unknownReferences(slug, tenant, known, stackText)),
    ...estateFindings(registry, stackText, serversPerRegion),
  ];
  return { registry, findings: [...inFileOrder(ofPlans), ...inFileOrder(ofStack)] };
}

const inFileOrder = (findings: readonly Finding[]) =>
  [...findings].sort((one, other) => one.line - other.line || one.col - other.col);

/** All entries of a section, be they right or wrong. */
function entriesIn({ value }: YamlText, section: string): [string, unknown][] {
  const entries = valueAt(value, [section]);
  return typeof entries === "object" && entries !== null ? Object.entries(entries) : [];
}

const namesIn = (source: YamlText, section: string) => new Set(entriesIn(source, section).map(([name]) => name));
