/** What must hold for `from`: the place that a tenant still lives at, beside the one that it moves to. */
import { tablesOf } from "./resolve";
import type { Rule } from "./rules";
import type { TenantCase } from "./rules-tenant";
import { TIER_TRAITS } from "./tiers";
import type { WrittenTenant } from "./written";

type From = NonNullable<WrittenTenant["from"]>;

/** A rule for tenants that move; `from` is handed to it. */
const moving = (
  key: keyof From | undefined,
  when: (from: From, subject: TenantCase) => boolean,
  say: (from: From, subject: TenantCase) => string,
): Rule<TenantCase> => ({
  code: "TN-114",
  at: key === undefined ? ["from"] : ["from", key],
  when: (subject) => subject.tenant.from !== undefined && when(subject.tenant.from, subject),
  say: (subject) => (subject.tenant.from === undefined ? "" : say(subject.tenant.from, subject)),
});

const shared = (from: From) => TIER_TRAITS[from.tier].shared;

export const MOVE_RULES: readonly Rule<TenantCase>[] = [
  moving(
    "cell",
    (from) => shared(from) && from.cell === undefined,
    ({ tier }) => `cell is missing; a ${tier} tenant leaves a shared cell; write from: { tier: ${tier}, cell: <name> }`,
  ),
  moving(
    "cell",
    (from) => !shared(from) && from.cell !== undefined,
    () => "a dedicated tenant leaves a server of its own; write from: { tier: dedicated, region: <region> }",
  ),
  moving(
    "region",
    (from) => !shared(from) && from.region === undefined,
    () =>
      "region is missing; write the region of the server that it leaves: from: { tier: dedicated, region: <region> }",
  ),
  moving(
    "region",
    (from) => shared(from) && from.region !== undefined,
    () => "the region of a shared cell is known; remove it",
  ),
  moving(
    undefined,
    (from, { tier, tenant }) => from.tier === tier && (!shared(from) || from.cell === tenant.cell),
    (from, { tier }) =>
      shared(from)
        ? "the tenant would move to where it is; write the new tier or cell beside from, or remove from"
        : `a server of its own cannot be moved to another one of the same name; move through a shared cell, or remove from (tier ${tier})`,
  ),
  moving(
    undefined,
    (_, { tenant }) => tenant.status === "offboarding",
    () =>
      "a tenant that moves cannot be offboarded; put it back where it lives and remove from, then write status: offboarding",
  ),
  moving(
    "tier",
    (from, { tenant, plan, home, source }) =>
      tablesOf(tenant, plan, home) !== tablesOf(tenant, plan, source) ||
      (from.tier === "pooled" && tablesOf(tenant, plan, home) === "own"),
    () => "whose tables they are cannot change in a move; write a place where `tables` is as it was",
  ),
];
