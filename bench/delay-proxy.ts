/** A TCP proxy that makes loopback a network: what the client sends arrives later, so that every round trip is longer. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Lends the port of a proxy to `port` that delays each packet from the client by `delayMs`. */
export async function withDelay<T>(port: number, delayMs: number, act: (port: number) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    // Timers of one length fire in the order that they were set in: packets stay in order.
    client.on("data", (chunk) => setTimeout(() => upstream.writable && upstream.write(chunk), delayMs));
    client.on("close", () => setTimeout(() => upstream.end(), delayMs));
    upstream.pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy()); // the other end sees the close, which is all a network tells
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await act((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}
