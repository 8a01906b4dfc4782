/**
 * The order of test files, longest first, so that the workers end together. Jest knows it from its last run; on a fresh clone it
 * goes by the size of files, and what takes longest is not the largest: these begin, in this order.
 */
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { default: Sequencer } = require("@jest/test-sequencer");

const LONGEST = [
  "prove/sql.test.ts",
  "prove/sql-versions.test.ts",
  "database/rotation.test.ts",
  "local/engine-process.test.ts",
  "policies/policies.test.ts",
  "database/rotation-repair.test.ts",
  "database/watch.test.ts",
  "database/quotas.test.ts",
  "database/drift.test.ts",
  "provider/plugin.test.ts",
  "policies/pack.test.ts",
].map((name) => join(__dirname, name));

const gone = LONGEST.filter((path) => !existsSync(path));
if (gone.length > 0) throw new Error(`test/longest-first.js names what is not there: ${gone.join(", ")}`);

module.exports = class extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (tests.some((test) => this.time(test) !== undefined)) return sorted;
    const first = LONGEST.flatMap((path) => sorted.filter((test) => test.path === path));
    return [...first, ...sorted.filter((test) => !first.includes(test))];
  }
};
