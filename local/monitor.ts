/** The engine's side of the wire: the gRPC services that the SDK's runner speaks to, translated to calls of a deployment. */
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import engine from "@pulumi/pulumi/proto/engine_pb";
import { InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import resource from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { TenantryError } from "../registry/errors";
import type { Deployment } from "./deployment/deployment";
import type { Severity } from "./deployment/step";
import { messageOf } from "./errors";
import { readGoal, registerGoal, unsupported } from "./monitor-requests";
import type { Project } from "./project";
import type { Props } from "./provider";
import { decodeProps, isRecord } from "./wire";

/** Features of the engine that the SDK asks about. The others it then does without, or refuses by itself. */
const FEATURES = new Set(["secrets", "deletedWith"]);

const SEVERITIES: Readonly<Record<number, Severity>> = { 1: "info", 2: "warning", 3: "error" };

export interface MonitorOptions {
  readonly project: Project;
  readonly deployment: Deployment;
  readonly log: (severity: Severity, message: string) => void;
}

/** Listens on loopback while `run` runs, which gets the address as host:port. */
export async function withMonitor<T>(options: MonitorOptions, run: (address: string) => Promise<T>): Promise<T> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(ResourceMonitorService, monitorOf(options));
  server.addService(EngineService, engineOf(options));
  const port = await new Promise<number>((resolve, reject) => {
    const done = (error: Error | null, bound: number) => (error ? reject(error) : resolve(bound));
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), done);
  });
  try {
    return await run(`127.0.0.1:${port}`);
  } finally {
    server.forceShutdown();
  }
}

/** Answers a call with what `handle` resolves to; what it throws becomes the call's error, which the program sees. */
function unary<Q, R>(handle: (request: Q) => Promise<R> | R): grpc.handleUnaryCall<Q, R> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handle(call.request))
      .then((response) => callback(null, response))
      .catch((error: unknown) => {
        const message = messageOf(error);
        callback({ code: grpc.status.UNKNOWN, details: message, message });
      });
  };
}

const refuse = (feature: string) =>
  unary((): Empty => {
    throw new TenantryError("TN-505", `the local engine has no ${feature}; use the Pulumi CLI, or do without`);
  });

function monitorOf({ project, deployment }: MonitorOptions): grpc.UntypedServiceImplementation {
  return {
    supportsFeature: unary((request: resource.SupportsFeatureRequest) => {
      const response = new resource.SupportsFeatureResponse();
      response.setHassupport(FEATURES.has(request.getId()));
      return response;
    }),
    registerResource: unary(async (request: resource.RegisterResourceRequest) => {
      const goal = registerGoal(request, project);
      const { urn, id, outputs, result } = await deployment.register(goal, unsupported(request));
      const response = new resource.RegisterResourceResponse();
      response.setUrn(urn);
      response.setId(id);
      response.setObject(toStruct(outputs));
      response.setResult(RESULTS[result]);
      return response;
    }),
    registerResourceOutputs: unary(async (request: resource.RegisterResourceOutputsRequest) => {
      await deployment.registerOutputs(request.getUrn(), decodeProps(request.getOutputs()?.toJavaScript()));
      return new Empty();
    }),
    readResource: unary(async (request: resource.ReadResourceRequest) => {
      const goal = readGoal(request, project);
      const outputs = await deployment.read(goal, request.getId());
      const response = new resource.ReadResourceResponse();
      response.setUrn(goal.urn);
      response.setProperties(toStruct(outputs));
      return response;
    }),
    invoke: unary(async (request: resource.ResourceInvokeRequest) => {
      const args = decodeProps(request.getArgs()?.toJavaScript());
      const outputs = await deployment.invoke(request.getTok(), request.getProvider(), args);
      const response = new InvokeResponse();
      response.setReturn(toStruct(outputs));
      return response;
    }),
    signalAndWaitForShutdown: unary(() => new Empty()),
    call: refuse("methods of remote components"),
    registerPackage: refuse("parameterized packages"),
    registerStackTransform: refuse("transforms"),
    registerStackInvokeTransform: refuse("transforms"),
    registerResourceHook: refuse("resource hooks"),
    registerErrorHook: refuse("error hooks"),
  };
}

const RESULTS = {
  success: resource.Result.SUCCESS,
  failed: resource.Result.FAIL,
  skipped: resource.Result.SKIP,
} as const;

function engineOf({ log }: MonitorOptions): grpc.UntypedServiceImplementation {
  let root = "";
  return {
    log: unary((request: engine.LogRequest) => {
      const severity = SEVERITIES[request.getSeverity()];
      if (severity) log(severity, request.getMessage());
      return new Empty();
    }),
    getRootResource: unary(() => {
      const response = new engine.GetRootResourceResponse();
      response.setUrn(root);
      return response;
    }),
    setRootResource: unary((request: engine.SetRootResourceRequest) => {
      root = request.getUrn();
      return new engine.SetRootResourceResponse();
    }),
    requirePulumiVersion: unary(() => new engine.RequirePulumiVersionResponse()),
    startDebugging: refuse("debugger; run the program with the Pulumi CLI"),
  };
}

const toStruct = (props: Props): Struct => Struct.fromJavaScript(members(props));

const members = (props: Props): Record<string, JavaScriptValue> =>
  Object.fromEntries(Object.entries(props).map(([key, value]) => [key, toJavaScript(value)]));

function toJavaScript(value: unknown): JavaScriptValue {
  if (Array.isArray(value)) return value.map(toJavaScript);
  if (isRecord(value)) return members(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}
