/** Loopback ports. */
import { createServer } from "node:net";

/** A port that is free now. Another process may take it before its user does: retry a failed start once. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      if (address === null || typeof address === "string") throw new Error("a TCP server has an address with a port");
      probe.close(() => resolve(address.port));
    });
  });
}
