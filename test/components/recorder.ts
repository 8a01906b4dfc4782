/**
 * Runs a piece of a program against recorded mocks and returns every registration with its options. The mocks see types, names
 * and inputs only; the requests to their monitor tell parent, dependencies, protection and the like.
 */
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest, RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb";
import { skipSilentStacks } from "../../components/error-stacks";
import { answer, answerInvoke } from "./answers";

export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly custom: boolean;
  /** As they go over the wire: secrets are wrapped. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly parent: string;
  /** `urn::id` of an explicit provider, or empty. */
  readonly provider: string;
  readonly dependsOn: readonly string[];
  readonly protect: boolean;
  readonly deletedWith: string;
  readonly retainOnDelete: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  /** Id of what is taken over, or empty. */
  readonly importId: string;
  /** True when a state may have it at the root of the stack, without its parents. */
  readonly atRootToo: boolean;
}

/** A call of a provider's function. */
interface Invocation {
  readonly token: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface Recording<T> {
  readonly value: T;
  readonly registrations: readonly Registration[];
  readonly invokes: readonly Invocation[];
}

export interface RecordOptions {
  readonly stack?: string;
  /** Keys with the project's name: `tenantry:vaultAddress`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** Runs `program`, waits until everything that it makes has registered, and opens the output that it returns. */
export async function record<T>(
  program: () => pulumi.Output<T> | Promise<pulumi.Output<T>>,
  { stack = "test", config = {} }: RecordOptions = {},
): Promise<Recording<T>> {
  const invokes: Invocation[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs }) => answer(type, name, inputs),
    call: ({ token, inputs }) => {
      invokes.push({ token, inputs });
      return answerInvoke(token);
    },
  };
  await pulumi.runtime.setMocks(mocks, "tenantry", stack);
  pulumi.runtime.setAllConfig({ ...config });
  const registrations = listen();
  const value = await withoutStackTraces(async () => {
    const output = await program();
    await pulumi.runtime.disconnect(); // waits for all registrations, and for those that they start
    return new Promise<T>((resolve) => output.apply(resolve));
  });
  return { value, registrations, invokes };
}

/** The SDK renders a stack trace for every promise of every property: most of the time of a recording. */
async function withoutStackTraces<T>(act: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  const undo = skipSilentStacks(); // for each resource it lifts the limit
  Error.stackTraceLimit = 0;
  try {
    return await act();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    undo();
  }
}

type Register = (
  request: RegisterResourceRequest,
  callback: (error: unknown, response: RegisterResourceResponse) => void,
) => Promise<void>;

/** Stands between the SDK and the mocks' monitor. The list grows while the program runs. */
function listen(): readonly Registration[] {
  const monitor: unknown = pulumi.runtime.getMonitor();
  if (!isMockMonitor(monitor)) throw new Error("the monitor of the mocks has no registerResource");
  const register = monitor.registerResource.bind(monitor);
  const list: Registration[] = [];
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (!error) list.push(registrationOf(request, response.getUrn()));
      callback(error, response);
    });
  return list;
}

const isMockMonitor = (monitor: unknown): monitor is { registerResource: Register } =>
  typeof monitor === "object" && monitor !== null && "registerResource" in monitor;

const registrationOf = (request: RegisterResourceRequest, urn: string): Registration => ({
  urn,
  inputs: request.getObject()?.toJavaScript() ?? {},
  type: request.getType(),
  name: request.getName(),
  custom: request.getCustom(),
  parent: request.getParent(),
  provider: request.getProvider(),
  dependsOn: request.getDependenciesList(),
  protect: request.getProtect() ?? false,
  deletedWith: request.getDeletedwith(),
  retainOnDelete: request.getRetainondelete() ?? false,
  deleteBeforeReplace: request.getDeletebeforereplace(),
  ignoreChanges: request.getIgnorechangesList(),
  additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  importId: request.getImportid(),
  atRootToo: request.getAliasesList().some((alias) => alias.getSpec()?.getNoparent() ?? false),
});
