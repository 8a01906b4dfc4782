/** Requests of the program, read into goals. */
import type { ReadResourceRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { Goal } from "./deployment/goal";
import type { Project } from "./project";
import { makeUrn } from "./urn";
import { decodeProps } from "./wire";

export function registerGoal(request: RegisterResourceRequest, { stack, name: project }: Project): Goal {
  const type = request.getType();
  return {
    urn: makeUrn(stack, project, request.getParent(), type, request.getName()),
    type,
    custom: request.getCustom(),
    parent: request.getParent(),
    provider: request.getProvider(),
    inputs: decodeProps(request.getObject()?.toJavaScript()),
    dependencies: request.getDependenciesList(),
    propertyDependencies: propertyDependencies(request),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deletedWith: request.getDeletedwith(),
    ...(request.getDeletebeforereplacedefined() && { deleteBeforeReplace: request.getDeletebeforereplace() }),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    aliases: request.getAliasurnsList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  };
}

function propertyDependencies(request: RegisterResourceRequest): Readonly<Record<string, readonly string[]>> {
  const result: Record<string, readonly string[]> = {};
  request.getPropertydependenciesMap().forEach((urns, key) => {
    result[key] = urns.getUrnsList();
  });
  return result;
}

export function readGoal(request: ReadResourceRequest, { stack, name: project }: Project): Goal {
  const type = request.getType();
  return {
    urn: makeUrn(stack, project, request.getParent(), type, request.getName()),
    type,
    custom: true,
    parent: request.getParent(),
    provider: request.getProvider(),
    inputs: decodeProps(request.getProperties()?.toJavaScript()),
    dependencies: request.getDependenciesList(),
    propertyDependencies: {},
    protect: false,
    retainOnDelete: false,
    deletedWith: "",
    ignoreChanges: [],
    replaceOnChanges: [],
    aliases: [],
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  };
}

/**
 * Options of the request that the engine would silently get wrong. Hooks, transforms and `replaceWith` the SDK refuses by itself,
 * because the engine says that it has none. Timeouts are limits for clouds, and harmless here.
 */
export function unsupported(request: RegisterResourceRequest): readonly string[] {
  const asked: Readonly<Record<string, boolean>> = {
    import: request.getImportid() !== "",
    "remote components": request.getRemote(),
    replacementTrigger: request.hasReplacementTrigger(),
    hideDiffs: request.getHidediffsList().length > 0,
    envVarMappings: request.getEnvvarmappingsMap().getLength() > 0,
  };
  return Object.keys(asked).filter((option) => asked[option]);
}
