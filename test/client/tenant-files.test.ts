import { FileSessions } from "../../client/file-sessions";
import { tenantFiles } from "../../client/tenant-files";
import { brokerTrust, SESSION_TAG } from "../../components/files-policies";
import { defaultId, filesPrefix } from "../../registry/names";
import { type Context, isAllowed } from "../components/iam";

const BROKER = "arn:aws:iam::111122223333:role/session-broker";
const roleOf = (name: string) => `arn:aws:iam::111122223333:role/${name}-sessions`;
const PLACES = [
  { region: "eu-west-1", cells: ["eu-1", "eu-2"], bucket: "files-eu", sessionRoleArn: roleOf("eu") },
  { region: "eu-west-1", cells: ["acme"], bucket: "tenant-acme", sessionRoleArn: roleOf("acme") },
  { region: "us-east-1", cells: ["us-1"], bucket: "files-us" },
];
const rowOf = (slug: string, cell: string) => ({ slug, cell, id: defaultId(slug) });

test("a tenant's files are where its cell's are, under its id", () => {
  expect(tenantFiles(rowOf("cedar", "eu-2"), PLACES)).toEqual({
    region: "eu-west-1",
    bucket: "files-eu",
    prefix: filesPrefix(defaultId("cedar")),
    request: {
      RoleArn: roleOf("eu"),
      RoleSessionName: `tenant-${defaultId("cedar")}`,
      DurationSeconds: 3600,
      Tags: [{ Key: SESSION_TAG, Value: defaultId("cedar") }],
    },
  });
  expect(tenantFiles(rowOf("acme", "acme"), PLACES)).toMatchObject({ bucket: "tenant-acme" });
});

test("the request is one that the role's trust policy lets the broker make", () => {
  const { request } = tenantFiles(rowOf("cedar", "eu-1"), PLACES);
  const asked: Context = {
    ...Object.fromEntries(request.Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    "aws:TagKeys": request.Tags.map(({ Key }) => Key),
  };
  const may = (trust = brokerTrust(BROKER)) =>
    isAllowed([trust], { action: "sts:AssumeRole", resource: request.RoleArn, context: asked });
  expect(may()).toBe(true);
  expect(may(brokerTrust(BROKER, defaultId("cedar")))).toBe(true);
  expect(may(brokerTrust(BROKER, defaultId("acme")))).toBe(false);
  expect(request.RoleSessionName).toMatch(/^[\w+=,.@-]{2,64}$/);
});

test.each([
  ["a cell that no bucket serves", () => tenantFiles(rowOf("elm", "eu-9"), PLACES), /no bucket serves the cell eu-9/],
  ["a stack without a broker", () => tenantFiles(rowOf("elm", "us-1"), PLACES), /set tenantry:brokerRoleArn/],
  ["more than role chaining gives", () => tenantFiles(rowOf("cedar", "eu-1"), PLACES, 7200), /7200 s.*900 to 3600/],
])("%s is refused", (_, act, message) => {
  expect(act).toThrow(message);
});

describe("sessions", () => {
  const { request } = tenantFiles(rowOf("cedar", "eu-1"), PLACES);
  const other = tenantFiles(rowOf("birch", "eu-1"), PLACES).request;

  /** Sessions of an hour, by a clock that the test turns. */
  function broker() {
    const state = { now: 0, opened: [] as string[], refuse: false };
    const sessions = new FileSessions(
      async ({ RoleSessionName, DurationSeconds }) => {
        if (state.refuse) throw new Error("throttled");
        state.opened.push(RoleSessionName);
        return { name: RoleSessionName, expiration: new Date(state.now + DurationSeconds * 1000) };
      },
      { now: () => state.now },
    );
    return { state, sessions };
  }

  test("are opened once for all who ask at the same time, and never handed to another tenant", async () => {
    const { state, sessions } = broker();
    const got = await Promise.all([request, request, other].map((each) => sessions.get(each)));
    expect(got.map(({ name }) => name)).toEqual(
      [request, request, other].map(({ RoleSessionName }) => RoleSessionName),
    );
    expect(state.opened).toHaveLength(2);
  });

  test("are opened anew shortly before they end", async () => {
    const { state, sessions } = broker();
    await sessions.get(request);
    state.now = (3600 - 301) * 1000;
    await sessions.get(request);
    expect(state.opened).toHaveLength(1);
    state.now = (3600 - 300) * 1000;
    await sessions.get(request);
    expect(state.opened).toHaveLength(2);
  });

  test("that could not be opened are tried again by the next who asks", async () => {
    const { state, sessions } = broker();
    state.refuse = true;
    await expect(sessions.get(request)).rejects.toThrow("throttled");
    state.refuse = false;
    expect(await sessions.get(request)).toMatchObject({ name: request.RoleSessionName });
  });
});
