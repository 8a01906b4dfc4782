/** What the figures were measured on. */
import { cpus, totalmem } from "node:os";
import { postgresLine } from "./server";

export function machineLine(): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const machine = `${processors.length} x ${processors[0]?.model.trim() ?? "unknown processor"}, ${memory} GB`;
  return [`${machine}, ${process.platform}`, `node ${process.versions.node}`, postgresLine()].join("; ");
}
