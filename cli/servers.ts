/** The servers of this machine, as verbs print them. */
import type { ServerStatus } from "../local/servers";
import { printJson, printTable } from "./output";

export function printServers(servers: readonly ServerStatus[], json: boolean): void {
  if (json) {
    printJson(servers);
    return;
  }
  const rows = servers.map(({ name, kind, state, port, pid }) => [name, kind, state, String(port), String(pid ?? "")]);
  printTable(["name", "kind", "state", "port", "pid"], rows);
}
