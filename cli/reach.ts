/** How a server is reached, beyond what its secret says: as `up` reaches it. */
import { join } from "node:path";
import { type Address, dialAddress, type Way, wayTo } from "../database/dial";
import { loadProject } from "../local/project";
import type { DirectoryRow } from "../registry/types";
import { PROJECT_DIR } from "./project";

export interface Reach {
  /** PEM file of the authorities that the stack trusts its servers by; undefined: the system's own. */
  readonly bundle: string | undefined;
  /** The end of a tunnel. */
  readonly dial: Address | undefined;
  /** Through a tunnel or a proxy; undefined: straight. */
  readonly way: Way | undefined;
}

export function reachOf({ cell, host, port }: DirectoryRow, stack: string): Reach {
  const bundle = loadProject(PROJECT_DIR, stack).config["tenantry:certificateBundle"];
  return {
    bundle: bundle === undefined ? undefined : join(PROJECT_DIR, bundle),
    dial: dialAddress(cell, process.env),
    way: wayTo(cell, { host, port }, process.env),
  };
}
