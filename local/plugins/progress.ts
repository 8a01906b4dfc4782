/** Lines under a resource while something takes time, shown by the Pulumi CLI. */
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { LocalContext } from "../provider";

/** `engine`: host:port; without one nobody is told. */
export function progressTo(engine: string): LocalContext["progress"] {
  if (engine === "") return () => undefined;
  const client = new EngineClient(engine, credentials.createInsecure());
  return (urn, message) => {
    const request = new LogRequest().setSeverity(LogSeverity.INFO).setMessage(message).setUrn(urn).setEphemeral(true);
    // A line that cannot be shown is no reason to stop.
    client.log(request, () => undefined);
  };
}
