/** Asks a server to end what a connection runs. Source: PostgreSQL's "Message Flow", "Canceling Requests in Progress". */
import { connect, Socket } from "node:net";
import type { Client } from "pg";

const CANCEL_REQUEST = 80_877_102;
const TIMEOUT_MS = 2_000;

/**
 * Sends the request to the address that the connection itself has reached, and does not wait. As with libpq before version 17 it
 * goes without TLS: it holds a number that can end this connection's statement and nothing else. Best effort: a request that does
 * not arrive leaves the statement to the login's `statement_timeout`.
 */
export function requestCancel(client: Client): void {
  const { stream } = client.connection;
  const key = backendKey(client);
  if (!key || !(stream instanceof Socket) || !stream.remoteAddress || !stream.remotePort) return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(key.processId, 8);
  request.writeInt32BE(key.secret, 12);
  const socket = connect(stream.remotePort, stream.remoteAddress, () => socket.end(request));
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.unref();
}

/** `pg` keeps what the server sent at the start of the session; its types do not tell. */
function backendKey(client: Client): { readonly processId: number; readonly secret: number } | undefined {
  if (!("processID" in client && "secretKey" in client)) return undefined;
  const { processID, secretKey } = client;
  return typeof processID === "number" && typeof secretKey === "number"
    ? { processId: processID, secret: secretKey }
    : undefined;
}
