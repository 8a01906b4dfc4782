/** A stand-in as a plugin of the Pulumi CLI: the engine's calls, translated to those of a local provider. */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb";
import messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { TenantryError } from "../../registry/errors";
import { carryDrift } from "../drift";
import { toStruct, unary } from "../grpc";
import type { Diff, LocalProvider, Props } from "../provider";
import { decodeProps, openProps } from "../wire";

/** Makes the provider from the configuration that the engine gives it, secrets opened. */
export type MakeProvider = (config: Props) => LocalProvider;

/**
 * Secrets come opened, because the service says that it does not know them: the engine then marks in the answer what was secret
 * in the question. A preview asks for the outputs that stay as they are; all others are unknown.
 */
export function serviceOf(version: string, make: MakeProvider): UntypedServiceImplementation {
  let made: LocalProvider | undefined;
  const provider = (): LocalProvider => {
    if (made) return made;
    throw new TenantryError("TN-529", "the engine asked before it configured the provider; use a newer Pulumi CLI");
  };
  const diff = (request: messages.DiffRequest | messages.UpdateRequest): Promise<Diff> =>
    provider().diff(
      request.getId(),
      request.getUrn(),
      plain(request.getOlds()),
      plain(request.getNews()),
      plain(request.getOldInputs()),
    );
  return {
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(version)),
    getSchema: unary(() => new messages.GetSchemaResponse().setSchema("{}")),
    attach: unary(() => new Empty()),
    cancel: unary(() => new Empty()),
    configure: unary((request: messages.ConfigureRequest) => {
      made = make(plain(request.getArgs()));
      return new messages.ConfigureResponse().setSupportspreview(true);
    }),
    check: unary(async (request: messages.CheckRequest) => {
      const olds = plain(request.getOlds());
      const { inputs, failures } = await provider().check(request.getUrn(), olds, plain(request.getNews()));
      const list = failures.map(({ property, reason }) =>
        new messages.CheckFailure().setProperty(property).setReason(reason),
      );
      return new messages.CheckResponse().setInputs(toStruct(inputs)).setFailuresList(list);
    }),
    diff: unary(async (request: messages.DiffRequest) => {
      return diffOf(await diff(request));
    }),
    create: unary(async (request: messages.CreateRequest) => {
      const inputs = plain(request.getProperties());
      if (request.getPreview()) return new messages.CreateResponse().setProperties(toStruct(inputs));
      const { id, outs } = await provider().create(request.getUrn(), inputs);
      return new messages.CreateResponse().setId(id).setProperties(toStruct(outs));
    }),
    read: unary(async (request: messages.ReadRequest) => {
      const [olds, oldInputs] = [plain(request.getProperties()), plain(request.getInputs())];
      const { id = "", props = {}, inputs } = await provider().read(request.getId(), request.getUrn(), olds);
      const response = new messages.ReadResponse().setId(id);
      if (id === "") return response;
      const wasKnown = Object.keys(oldInputs).length > 0;
      const asked = wasKnown ? carryDrift(oldInputs, olds, props) : inputs;
      if (asked) response.setInputs(toStruct(asked));
      return response.setProperties(toStruct(props));
    }),
    update: unary(async (request: messages.UpdateRequest) => {
      const [olds, news] = [plain(request.getOlds()), plain(request.getNews())];
      if (request.getPreview()) {
        const { computed = [] } = await diff(request);
        return new messages.UpdateResponse().setProperties(toStruct(without({ ...olds, ...news }, computed)));
      }
      const { outs } = await provider().update(request.getId(), request.getUrn(), olds, news);
      return new messages.UpdateResponse().setProperties(toStruct(outs));
    }),
    delete: unary(async (request: messages.DeleteRequest) => {
      await provider().delete(request.getId(), request.getUrn(), plain(request.getProperties()));
      return new Empty();
    }),
    invoke: unary(async (request: messages.InvokeRequest) => {
      const { outputs } = await provider().invoke(request.getTok(), plain(request.getArgs()));
      return new messages.InvokeResponse().setReturn(toStruct(outputs));
    }),
  };
}

function diffOf({ changes, replaces = [], deleteBeforeReplace = false }: Diff): messages.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  return new messages.DiffResponse()
    .setChanges(changes ? DIFF_SOME : DIFF_NONE)
    .setReplacesList([...replaces])
    .setDeletebeforereplace(deleteBeforeReplace);
}

const plain = (struct: Struct | undefined): Props => openProps(decodeProps(struct?.toJavaScript()));

const without = (props: Props, names: readonly string[]): Props =>
  Object.fromEntries(Object.entries(props).filter(([name]) => !names.includes(name)));
