/** Attacks on the way to a session: who opens one, and whose it then is. */
import { assumeRole, type Role, type SessionRequest } from "../../policies/iam/assume-role";
import type { Caller, Tags } from "../../policies/iam/caller";
import type { Probe, ProbeText } from "../probe";
import { attemptAll, awsCommand, gapsOf, type Request } from "./attempts";
import { brokerWith, FOR_ELSEWHERE, sessionOfTenant, strangersTo } from "./callers";
import { attackersIn, type Cloud, type FilesTenant } from "./cloud";
import { nameOf } from "./objects";

const NAME = "prove";

/** A session that is opened is through. Both readings of what AWS leaves open are tried: inherited tags may count as requested. */
function opening(who: string, caller: Caller, role: Role, request: Omit<SessionRequest, "name">): Request {
  return {
    who,
    target: role.arn,
    statement: assumeCommand(role, request),
    decide: () => {
      for (const inheritedAreRequested of [false, true]) {
        const session = assumeRole(caller, role, { ...request, name: NAME }, { inheritedAreRequested });
        if (typeof session !== "string")
          return { allowed: true, by: [`the trust of ${role.arn}: a session with ${JSON.stringify(session.tags)}`] };
      }
      return { allowed: false, by: [] };
    },
  };
}

function assumeCommand(role: Role, { tags = {}, transitive = [] }: Omit<SessionRequest, "name">): string {
  const command = awsCommand("sts assume-role", { "role-arn": role.arn, "role-session-name": NAME });
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const given = list.length > 0 ? ` --tags '${JSON.stringify(list).replaceAll("'", "'\\''")}'` : "";
  return `${command}${given}${transitive.length > 0 ? ` --transitive-tag-keys ${transitive.join(" ")}` : ""}`;
}

const TAGS: ProbeText = {
  name: "iam-tags-of-sessions",
  layer: "iam",
  attack:
    "The broker is talked into a session with no tag, an empty or misshapen one, a second one, one that an earlier session hands on, or another tenant's for a bucket of one tenant.",
  guard:
    "Trust asks for the one tag, in the shape of an id, and for no other; for a dedicated tenant's role, for its one id.",
};

export const tagsOfSessions: Probe<Cloud> = {
  ...TAGS,
  run: async (cloud) => {
    const { broker } = cloud;
    const requests =
      broker === undefined ? [] : attackersIn(cloud).flatMap((tenant) => byBroker(broker, tenant, cloud));
    const opened = broker === undefined ? [] : attackersIn(cloud).flatMap((tenant) => closedDoor(broker, tenant));
    return [...attemptAll(TAGS, requests), ...opened, ...gapsOf(TAGS, cloud)];
  },
};

function byBroker(
  broker: string,
  { id, slug, role, tags, alone }: FilesTenant,
  { tenants }: Cloud,
): readonly Request[] {
  const [tag = ""] = Object.keys(tags);
  const others = tenants.filter((each) => each.id !== id);
  const wrong = ["", slug, `${id}0`, id.slice(0, -1), "*", "?".repeat(id.length), `${id.slice(0, 8)}*`, `../t/${id}`];
  const misshapen: readonly Tags[] = [
    {},
    ...wrong.map((value) => ({ [tag]: value })),
    { tenant: id },
    { [tag]: id, tenant: "x" },
    { [tag]: id, [tag.toUpperCase()]: others[0]?.id ?? "" },
    ...(alone ? others.slice(0, 8).map((other) => ({ [tag]: other.id })) : []),
  ];
  const handedOn = brokerWith(broker, { [tag]: others[0]?.id ?? "" });
  return [
    ...misshapen.map((given) => opening("the broker", brokerWith(broker), role, { tags: given })),
    opening("the broker", brokerWith(broker), role, { tags: { tenant: id }, transitive: [tag] }),
    opening(`the broker, whose session hands on ${JSON.stringify(handedOn.tags)}`, handedOn, role, { tags }),
  ];
}

/** A door that nobody gets through proves nothing about who does not. */
function closedDoor(broker: string, { role, tags }: FilesTenant): ReturnType<typeof attemptAll> {
  const [seen] = attemptAll(TAGS, [opening("the broker", brokerWith(broker), role, { tags })]);
  if (seen === undefined || seen.outcome === "through") return [];
  return [{ ...seen, outcome: "untried", answer: "the broker does not get the session that it is for either" }];
}

const OPENERS: ProbeText = {
  name: "iam-openers-of-sessions",
  layer: "iam",
  attack:
    "Somebody else opens a session, with the right tag: a tenant's own session, another role, another account, a service in its name, nobody.",
  guard: "Each trust names its one principal: the broker's role, or a service for this account.",
};

export const openersOfSessions: Probe<Cloud> = {
  ...OPENERS,
  run: async (cloud) =>
    attemptAll(
      OPENERS,
      cloud.roles.flatMap((role) => byOthers(role, cloud)),
    ),
};

function byOthers(role: Role, cloud: Cloud): readonly Request[] {
  const tenant = cloud.tenants.find((each) => each.role === role);
  const sessions = attackersIn(cloud).map((each) => ({
    who: nameOf(each),
    // With every right of its own, so that the trust alone is asked.
    caller: { ...sessionOfTenant(each), policies: brokerWith(each.role.arn).policies },
  }));
  // A service has the roles that somebody of the role's own account passed it ("Grant a user permissions to pass a role to an
  // AWS service", IAM User Guide), so a service's own role needs no guard against others.
  const strangers = strangersTo(cloud, role.account).filter(({ caller }) => tenant || caller.kind !== "service");
  const other = brokerWith(`arn:aws:iam::${role.account}:role/prove-other`);
  return [...sessions, ...strangers, { who: "another role of the account with every right", caller: other }].map(
    ({ who, caller }) =>
      opening(who, caller, role, {
        tags: tenant?.tags ?? {},
        ...(caller.kind === "service" && { keys: FOR_ELSEWHERE }),
      }),
  );
}
