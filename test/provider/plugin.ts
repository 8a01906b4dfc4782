/** The provider as a plugin: started as the Pulumi CLI's language host starts it, and spoken to over the engine's protocol. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  type CheckResponse,
  ConfigureRequest,
  CreateRequest,
  type CreateResponse,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  ErrorResourceInitFailed,
  ReadRequest,
  type ReadResponse,
  UpdateRequest,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Props } from "../../provider/wire";

const ROOT = join(__dirname, "../..");
const RUN_PLUGIN = join(ROOT, "node_modules/@pulumi/pulumi/cmd/run-plugin");

/** What the engine keeps of a resource that was made in part. */
export interface InitFailure {
  readonly message: string;
  readonly id: string;
  readonly reasons: readonly string[];
  readonly properties: Props;
}

export interface Plugin {
  check(urn: string, olds: Props, news: Props): Promise<readonly { property: string; reason: string }[]>;
  /** Whether something changes. */
  diff(urn: string, olds: Props, news: Props): Promise<boolean>;
  create(urn: string, inputs: Props): Promise<Props>;
  update(urn: string, olds: Props, news: Props): Promise<Props>;
  read(urn: string, properties: Props): Promise<{ id: string; properties: Props; inputs: Props | undefined }>;
  delete(urn: string, properties: Props): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it in the project's folder, as `runtime: nodejs` in PulumiPlugin.yaml does. */
export async function startPlugin(env: Readonly<Record<string, string>>): Promise<Plugin> {
  const child = spawn(process.execPath, [RUN_PLUGIN, join(ROOT, "provider"), "127.0.0.1:1"], {
    cwd: ROOT,
    env: { ...process.env, PULUMI_NODEJS_TYPESCRIPT: "true", ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "exit");
  const port = await Promise.race([
    once(createInterface(child.stdout), "line").then(([line]) => Number(line)),
    ended.then(() => Promise.reject(new Error("the plugin ended before it told its port"))),
  ]);
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  await call((done) => client.configure(new ConfigureRequest().setArgs(struct({})), done));
  return {
    check: async (urn, olds, news) => {
      const request = new CheckRequest().setUrn(urn).setOlds(struct(olds)).setNews(struct(news));
      const answer = await call<CheckResponse>((done) => client.check(request, done));
      return answer.getFailuresList().map((failure) => failure.toObject());
    },
    diff: async (urn, olds, news) => {
      const request = new DiffRequest().setUrn(urn).setOlds(struct(olds)).setNews(struct(news));
      const answer = await call<DiffResponse>((done) => client.diff(request, done));
      return answer.getChanges() === DiffResponse.DiffChanges.DIFF_SOME;
    },
    create: async (urn, inputs) => {
      const request = new CreateRequest().setUrn(urn).setProperties(struct(inputs));
      return plain((await call<CreateResponse>((done) => client.create(request, done))).getProperties());
    },
    update: async (urn, olds, news) => {
      const request = new UpdateRequest().setUrn(urn).setOlds(struct(olds)).setNews(struct(news));
      return plain((await call<UpdateResponse>((done) => client.update(request, done))).getProperties());
    },
    read: async (urn, properties) => {
      const request = new ReadRequest().setId("eu-1").setUrn(urn).setProperties(struct(properties));
      const answer = await call<ReadResponse>((done) => client.read(request, done));
      const inputs = answer.hasInputs() ? plain(answer.getInputs()) : undefined;
      return { id: answer.getId(), properties: plain(answer.getProperties()), inputs };
    },
    delete: async (urn, properties) => {
      const request = new DeleteRequest().setUrn(urn).setProperties(struct(properties));
      await call((done) => client.delete(request, done));
    },
    stop: async () => {
      client.close();
      child.kill();
      await ended;
    },
  };
}

/** What the engine finds in the error of a resource that was made in part. */
export function initFailureOf(error: ServiceError): InitFailure {
  const [details] = error.metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(details)) throw error;
  const [any] = Status.deserializeBinary(details).getDetailsList();
  const failure = any?.unpack(ErrorResourceInitFailed.deserializeBinary, "pulumirpc.ErrorResourceInitFailed");
  if (!failure) throw error;
  return {
    message: error.details,
    id: failure.getId(),
    reasons: failure.getReasonsList(),
    properties: plain(failure.getProperties()),
  };
}

type Done<Answer> = (error: ServiceError | null, answer: Answer) => void;

function call<Answer>(send: (done: Done<Answer>) => unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    send((error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

const struct = (props: Props): Struct => Struct.fromJavaScript(JSON.parse(JSON.stringify(props)));
const plain = (value: Struct | undefined): Props => value?.toJavaScript() ?? {};
