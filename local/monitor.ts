/** The engine's side of the wire: the gRPC services that the SDK's runner speaks to, translated to calls of a deployment. */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import engine from "@pulumi/pulumi/proto/engine_pb";
import { InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import resource from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { TenantryError } from "../registry/errors";
import type { Registered } from "./deployment/deployment";
import type { Goal } from "./deployment/goal";
import type { Severity } from "./deployment/step";
import { createServer, listen, toStruct, unary } from "./grpc";
import { readGoal, registerGoal, unsupported } from "./monitor-requests";
import type { Project } from "./project";
import type { Props } from "./provider";
import { decodeProps } from "./wire";

/** Features of the engine that the SDK asks about. The others it then does without, or refuses by itself. */
const FEATURES = new Set(["secrets", "deletedWith"]);

const SEVERITIES: Readonly<Record<number, Severity>> = { 1: "info", 2: "warning", 3: "error" };

/** What becomes of the program's registrations: a deployment, or a recording. */
export interface Registrar {
  register(goal: Goal, unsupported: readonly string[]): Promise<Registered>;
  registerOutputs(urn: string, outputs: Props): Promise<void>;
  read(goal: Goal, id: string): Promise<Props>;
  invoke(token: string, reference: string, args: Props): Promise<Props>;
}

export interface MonitorOptions {
  readonly project: Project;
  readonly deployment: Registrar;
  readonly log: (severity: Severity, message: string) => void;
}

/** Listens on loopback while `run` runs, which gets the address as host:port. */
export async function withMonitor<T>(options: MonitorOptions, run: (address: string) => Promise<T>): Promise<T> {
  const server = createServer();
  server.addService(ResourceMonitorService, monitorOf(options));
  server.addService(EngineService, engineOf(options));
  const port = await listen(server);
  try {
    return await run(`127.0.0.1:${port}`);
  } finally {
    server.forceShutdown();
  }
}

const refuse = (feature: string) =>
  unary((): Empty => {
    throw new TenantryError("TN-505", `the local engine has no ${feature}; use the Pulumi CLI, or do without`);
  });

function monitorOf({ project, deployment }: MonitorOptions): UntypedServiceImplementation {
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

function engineOf({ log }: MonitorOptions): UntypedServiceImplementation {
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
