/** What the services of this machine have in common: the engine's for the program, and the providers' for the Pulumi CLI. */
import * as grpc from "@grpc/grpc-js";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { messageOf } from "./errors";
import type { Props } from "./provider";
import { isRecord } from "./wire";

/** Lists of thousands of tenants are larger than gRPC's limit. */
export const createServer = (): grpc.Server =>
  new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });

/** Listens on a free port of loopback. */
export function listen(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, port: number) => (error ? reject(error) : resolve(port));
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), done);
  });
}

/** Answers a call with what `handle` resolves to; what it throws becomes the call's error, which the caller sees. */
export function unary<Q, R>(handle: (request: Q) => Promise<R> | R): grpc.handleUnaryCall<Q, R> {
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

export const toStruct = (props: Props): Struct => Struct.fromJavaScript(members(props));

const members = (props: Props): Record<string, JavaScriptValue> =>
  Object.fromEntries(Object.entries(props).map(([key, value]) => [key, toJavaScript(value)]));

function toJavaScript(value: unknown): JavaScriptValue {
  if (Array.isArray(value)) return value.map(toJavaScript);
  if (isRecord(value)) return members(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}
