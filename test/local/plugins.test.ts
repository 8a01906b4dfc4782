/** The stand-ins as plugins of the Pulumi CLI: the shim is started as the CLI starts it, and spoken to over the engine's protocol. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { version } from "@pulumi/aws/package.json";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  type CheckResponse,
  ConfigureRequest,
  type ConfigureResponse,
  CreateRequest,
  type CreateResponse,
  DiffRequest,
  DiffResponse,
  ReadRequest,
  type ReadResponse,
  UpdateRequest,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { machineStatus, removeMachine } from "../../local/plugins/machine";
import { writeShims } from "../../local/plugins/shims";

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const urn = (type: string) => `urn:pulumi:dev::tenantry::${type}::one`;
const BUCKET = urn("aws:s3/bucket:Bucket");
const KEY = urn("aws:kms/key:Key");

let dir: string;
let child: ChildProcess;
let client: ResourceProviderClient;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "plugins-"));
  chmodSync(dir, 0o755);
  writeShims(dir);
  child = spawn(join(dir, "pulumi-resource-aws"), ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
  if (!child.stdout) throw new Error("the plugin has no output");
  const [port] = await once(createInterface(child.stdout), "line");
  client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  const ended = once(child, "exit");
  child.kill();
  await ended;
  rmSync(dir, { recursive: true, force: true });
});

test("before it is configured it says its version and nothing else", async () => {
  expect((await call<PluginInfo>((done) => client.getPluginInfo(new Empty(), done))).getVersion()).toBe(version);
  await expect(check(BUCKET, {})).rejects.toMatchObject({ details: expect.stringContaining("TN-529") });
});

test("configured, it previews, knows no secrets, and takes the region from its configuration", async () => {
  const args = struct({ region: { ...SECRET, value: "eu-west-1" }, defaultTags: '{"tags":{"a":"b"}}' });
  const configured = await call<ConfigureResponse>((done) =>
    client.configure(new ConfigureRequest().setArgs(args), done),
  );
  expect([configured.getSupportspreview(), configured.getAcceptsecrets()]).toEqual([true, false]);
  const made = await create(BUCKET, { bucket: "example" });
  expect(made.getId()).toBe("example");
  expect(plain(made.getProperties())).toMatchObject({ region: "eu-west-1", tagsAll: { a: "b" } });
});

test("a preview tells what is known, and up makes the rest", async () => {
  const inputs = { description: "data" };
  expect(plain((await create(KEY, inputs, true)).getProperties())).toEqual(inputs);
  const made = plain((await create(KEY, inputs)).getProperties());
  expect(made.arn).toMatch(/^arn:aws:kms:eu-west-1:000000000000:key\//);
  const changed = new UpdateRequest().setUrn(KEY).setOlds(struct(made)).setOldInputs(struct(inputs)).setPreview(true);
  const news = struct({ description: "more", tags: { c: "d" } });
  const answer = await call<UpdateResponse>((done) => client.update(changed.setNews(news), done));
  expect(plain(answer.getProperties())).toMatchObject({ arn: made.arn, description: "more" });
  expect(plain(answer.getProperties())).not.toHaveProperty("tagsAll"); // it will be another one
});

test("inputs that AWS refuses are refused at preview; names that were filled in stay", async () => {
  const refused = await check(BUCKET, { bucket: "No" });
  expect(refused.getFailuresList().map((failure) => failure.getProperty())).toEqual(["bucket"]);
  const filled = plain((await check(BUCKET, {})).getInputs());
  expect(filled.bucket).toMatch(/^one-[0-9a-f]{7}$/);
  const moved = BUCKET.replace(":dev:", ":dev-b:");
  expect(plain((await check(moved, {}, filled)).getInputs())).toEqual(filled);
  expect(plain((await check(moved, {})).getInputs())).not.toEqual(filled);
});

test("the old inputs decide what differs, and what replaces", async () => {
  const compare = async (news: object) => {
    const request = new DiffRequest()
      .setUrn(BUCKET)
      .setOlds(struct({ bucket: "one", region: "eu-west-1", tagsAll: { a: "b" } }));
    request.setOldInputs(struct({ bucket: "one" })).setNews(struct(news));
    const answer = await call<DiffResponse>((done) => client.diff(request, done));
    return { some: answer.getChanges() === DiffResponse.DiffChanges.DIFF_SOME, replaces: answer.getReplacesList() };
  };
  expect(await compare({ bucket: "one" })).toEqual({ some: false, replaces: [] });
  expect(await compare({ bucket: "two" })).toEqual({ some: true, replaces: ["bucket"] });
});

test("a refresh gives state and inputs; a server that is not there is gone, and cannot be imported", async () => {
  const state = { bucket: "one", arn: "arn:aws:s3:::one" };
  const found = await read(
    new ReadRequest()
      .setUrn(BUCKET)
      .setId("one")
      .setProperties(struct(state))
      .setInputs(struct({ bucket: "one" })),
  );
  expect([found.getId(), plain(found.getProperties()), plain(found.getInputs())]).toEqual([
    "one",
    state,
    { bucket: "one" },
  ]);
  const gone = await read(new ReadRequest().setUrn(urn("aws:rds/instance:Instance")).setId("shop-db"));
  expect([gone.getId(), gone.hasProperties()]).toEqual(["", false]);
});

test("a type without a stand-in names the folder to add it to", async () => {
  await expect(create(urn("aws:sqs/queue:Queue"), {})).rejects.toMatchObject({
    details: expect.stringMatching(/aws:sqs.*local\/providers\/aws\/.*TN-506/),
  } satisfies Partial<Record<keyof ServiceError, unknown>>);
});

test("remove leaves nothing, and a directory without plugins is told", async () => {
  const other = mkdtempSync(join(tmpdir(), "plugins-"));
  chmodSync(other, 0o755);
  expect(() => machineStatus(other)).toThrow(/has no plugins; `npm run plugins -- .*TN-529/);
  writeShims(other);
  expect(machineStatus(other)).toEqual([]);
  await removeMachine(other);
  expect(readdirSync(other)).toEqual([]);
  rmSync(other, { recursive: true });
});

const check = (type: string, news: object, olds: object = {}) =>
  call<CheckResponse>((done) =>
    client.check(new CheckRequest().setUrn(type).setOlds(struct(olds)).setNews(struct(news)), done),
  );

const create = (type: string, inputs: object, preview = false) =>
  call<CreateResponse>((done) =>
    client.create(new CreateRequest().setUrn(type).setProperties(struct(inputs)).setPreview(preview), done),
  );

const read = (request: ReadRequest) => call<ReadResponse>((done) => client.read(request, done));

type Done<Answer> = (error: ServiceError | null, answer: Answer) => void;

function call<Answer>(send: (done: Done<Answer>) => unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    send((error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

const struct = (props: object): Struct => Struct.fromJavaScript(JSON.parse(JSON.stringify(props)));
const plain = (value: Struct | undefined): Record<string, unknown> => value?.toJavaScript() ?? {};
