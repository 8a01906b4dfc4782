/** A wire to look at, and to cut. */
import { createServer, connect as dial, type Server } from "node:net";

/** Passes bytes on, counts how often the client speaks after the server has (a round trip), and can be cut. */
export async function startProxy(
  port: number,
): Promise<{ server: Server; port: number; turns: () => number; cutAfterNext: () => void }> {
  let turns = 0;
  let serverSpokeLast = true;
  let cut = false;
  const server = createServer((client) => {
    const upstream = dial(port, "127.0.0.1");
    client.on("data", (data) => {
      if (serverSpokeLast) turns++;
      serverSpokeLast = false;
      if (cut) client.destroy();
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      serverSpokeLast = true;
      if (!client.destroyed) client.write(data);
    });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const cutAfterNext = () => {
    cut = true;
  };
  return { server, port: address.port, turns: () => turns, cutAfterNext };
}
