/** Who gets a session for a tenant's files, and which tenant it then is: the broker's trust, for any request. */
import fc from "fast-check";
import { brokerTrust, SESSION_TAG } from "../../components/files-policies";
import type { PolicyDocument, Statement } from "../../components/policy-document";
import { assumeRole, type SessionRequest, type Sts } from "../../policies/iam/assume-role";
import type { Session, Tags } from "../../policies/iam/caller";
import { defaultId } from "../../registry/names";
import {
  ACCOUNT,
  BROKER_ARN,
  broker,
  type Estate,
  ids,
  rewritten,
  roleOf,
  type Search,
  SHARED,
  search,
  slug,
  spoilt,
  without,
} from "./files-estate";

/** Requests for sessions, by the broker and others: with the tag, without, twice, with others, handed on, chained. */
const sessionRequest = ids.chain(([id, other]) =>
  fc.record({
    id: fc.constant(id),
    tags: fc.constantFrom<Tags[]>(
      {},
      { [SESSION_TAG]: id },
      { [SESSION_TAG.toUpperCase()]: id },
      { [SESSION_TAG]: "" },
      { [SESSION_TAG]: `${id}/` },
      { [SESSION_TAG]: "?".repeat(36) },
      { [SESSION_TAG]: id, admin: "1" },
      { admin: "1" },
      { [SESSION_TAG]: id, [SESSION_TAG.toUpperCase()]: other },
    ),
    inherited: fc.constantFrom<Tags[]>(
      {},
      { [SESSION_TAG]: other },
      { "kubernetes-namespace": "shop" },
      { [SESSION_TAG]: other, a: "b" },
    ),
    handedOn: fc.boolean(),
    inheritedAreRequested: fc.boolean(),
  }),
);

const open = (estate: Estate, from: Session, request: Omit<SessionRequest, "name">, sts: Sts = {}) =>
  assumeRole(from, roleOf(estate), { ...request, name: "s" }, sts);

const UUID = /^.{8}-.{4}-.{4}-.{4}-.{12}$/;

/** Whoever gets a session is what the request says, in that one tag; never what the role's own tag says. */
const brokerSaysWho = (estate: Estate) =>
  search(
    fc.property(sessionRequest, ({ id, tags, inherited, handedOn, inheritedAreRequested }) => {
      const from = broker({ tags: inherited, transitive: handedOn ? Object.keys(inherited) : [] });
      const session = open(
        { ...estate, roleTags: { [SESSION_TAG]: "role-s-own", ...estate.roleTags } },
        from,
        { tags },
        { inheritedAreRequested },
      );
      if (typeof session === "string")
        return !(
          Object.keys(tags).join() === SESSION_TAG &&
          tags[SESSION_TAG] === id &&
          Object.keys(from.transitive).length === 0
        );
      const own = Object.entries(session.tags).filter(([key]) => key.toLowerCase() === SESSION_TAG);
      const says = [...Object.values(tags), ...(handedOn ? Object.values(inherited) : [])];
      const others = Object.keys(session.tags).filter(
        (key) => key.toLowerCase() !== SESSION_TAG && !(key in inherited),
      );
      return (
        own.length === 1 && own.every(([, value]) => UUID.test(value) && says.includes(value)) && others.length === 0
      );
    }),
  );

const nobodyElseOpens = (estate: Estate) =>
  search(
    fc.property(
      slug.map(defaultId),
      fc.constantFrom(`arn:aws:iam::${ACCOUNT}:role/other`, `arn:aws:iam::444455556666:role/session-broker`),
      (id, roleArn) => {
        const other = broker({ roleArn, account: roleArn.split(":")[4] ?? "" });
        return typeof open(estate, other, { tags: { [SESSION_TAG]: id } }) === "string";
      },
    ),
  );

const ownBucketOnly = (trustOf: (id: string) => PolicyDocument) =>
  search(
    fc.property(ids, ([id, other]) => {
      const estate = { ...SHARED, trust: trustOf(id) };
      const opens = (tenant: string) => typeof open(estate, broker(), { tags: { [SESSION_TAG]: tenant } }) !== "string";
      return opens(id) && !opens(other);
    }),
  );

test("the broker says who a session is, and the role's own tag does not", () => brokerSaysWho(SHARED).assertNothing());

test("nobody but the broker opens one", () => nobodyElseOpens(SHARED).assertNothing());

test("a session for the bucket of one tenant is that tenant's; control: with the trust of a shared bucket it is anybody's", () => {
  ownBucketOnly((id) => brokerTrust(BROKER_ARN, id)).assertNothing();
  expect(ownBucketOnly(() => brokerTrust(BROKER_ARN)).finds()).toBe(true);
});

describe("controls: the same searches find a way in", () => {
  const trust = (document: PolicyDocument, roleTags: Tags = {}): Estate => ({ ...SHARED, trust: document, roleTags });
  const opened = (change: Partial<Statement>) => spoilt(SHARED.trust, (statement) => ({ ...statement, ...change }));

  test.each<[string, (estate: Estate) => Search, Estate]>([
    ["a trust in any tag", brokerSaysWho, trust(without(SHARED.trust, "StringLike"))],
    ["a trust in no tag, on a role that has one", brokerSaysWho, trust(without(SHARED.trust, "StringLike", "Null"))],
    [
      "a trust in a tag that may be anything",
      brokerSaysWho,
      trust(rewritten(SHARED.trust, "????????-????-????-????-????????????", "*")),
    ],
    ["a trust in other tags", brokerSaysWho, trust(without(SHARED.trust, "ForAllValues:StringEquals"))],
    ["a trust in everybody", nobodyElseOpens, trust(opened({ Principal: "*" }))],
    ["a trust in the account", nobodyElseOpens, trust(opened({ Principal: { AWS: ACCOUNT } }))],
  ])("with %s", (_what, searchIn, estate) => expect(searchIn(estate).finds()).toBe(true));
});
