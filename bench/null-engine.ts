/**
 * The engine's side of the Pulumi protocol with nothing behind it: every registration is answered at once with its own
 * inputs. What is left to measure is the program alone.
 */
import { createHash } from "node:crypto";
import * as grpc from "@grpc/grpc-js";
import * as engineServices from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import * as monitorServices from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as monitor from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

export interface Registration {
  readonly type: string;
  /** Digest of the inputs, to compare two evaluations with. */
  readonly digest: string;
}

export interface NullEngine {
  readonly address: string;
  /** What the program registered: by `type name`, components and providers too. */
  readonly registrations: ReadonlyMap<string, Registration>;
  /** What the program said with severity error. */
  readonly errors: readonly string[];
}

/** Runs `act` against an engine on a loopback port. */
export async function withNullEngine<T>(act: (engine: NullEngine) => Promise<T>): Promise<T> {
  const registrations = new Map<string, Registration>();
  const errors: string[] = [];
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1 });
  server.addService(monitorServices.ResourceMonitorService, monitorHandlers(registrations));
  server.addService(engineServices.EngineService, engineHandlers(errors));
  const port = await listen(server);
  try {
    return await act({ address: `127.0.0.1:${port}`, registrations, errors });
  } finally {
    server.forceShutdown();
  }
}

/** A handler that answers at once. */
function answer<Request, Response>(make: (request: Request) => Response): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => callback(null, make(call.request));
}

function monitorHandlers(registrations: Map<string, Registration>): grpc.UntypedServiceImplementation {
  const empty = answer(() => new Empty());
  return {
    supportsFeature: answer(() => new monitor.SupportsFeatureResponse().setHassupport(true)),
    registerResource: answer((request: monitor.RegisterResourceRequest) => {
      const key = `${request.getType()} ${request.getName()}`;
      const object = request.getObject();
      registrations.set(key, { type: request.getType(), digest: digestOf(object?.toJavaScript()) });
      const urn = `urn:pulumi:bench::bench::${request.getType()}::${request.getName()}`;
      return new monitor.RegisterResourceResponse().setUrn(urn).setObject(object);
    }),
    invoke: answer(() => new provider.InvokeResponse()),
    registerResourceOutputs: empty,
    registerStackTransform: empty,
    registerStackInvokeTransform: empty,
    registerResourceHook: empty,
    registerErrorHook: empty,
    signalAndWaitForShutdown: empty,
  };
}

/** The order of keys is that in which outputs happened to resolve: it says nothing. */
function digestOf(inputs: unknown): string {
  const sorted = (_key: string, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
  return createHash("sha256")
    .update(JSON.stringify(inputs, sorted) ?? "")
    .digest("hex");
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function engineHandlers(errors: string[]): grpc.UntypedServiceImplementation {
  return {
    log: answer((request: engine.LogRequest) => {
      if (request.getSeverity() === engine.LogSeverity.ERROR) errors.push(request.getMessage());
      return new Empty();
    }),
    getRootResource: answer(() => new engine.GetRootResourceResponse()),
    setRootResource: answer(() => new engine.SetRootResourceResponse()),
    requirePulumiVersion: answer(() => new engine.RequirePulumiVersionResponse()),
  };
}

function listen(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}
