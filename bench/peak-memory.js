/**
 * Preloaded into a measured process: when it ends, writes its peak resident memory in MB to file descriptor 3.
 * The kernel's high-water mark of this program's own memory; getrusage would count the parent's from before exec, too.
 */
const { readFileSync, writeSync } = require("node:fs");

process.on("exit", () => {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  writeSync(3, String(Number(kilobytes?.[1]) / 1024));
});
