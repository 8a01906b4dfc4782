/** Real PostgreSQL per test file, two workers: a worker with @pulumi/aws loaded takes up to 1 GB. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  moduleNameMapper: { "^@npmcli/arborist$|/typescript-shim$": "<rootDir>/test/unused.js" },
  globalSetup: "<rootDir>/test/run-begins.ts",
  globalTeardown: "<rootDir>/test/run-ends.ts",
  testSequencer: "<rootDir>/test/longest-first.js",
  maxWorkers: 2,
  testTimeout: 60_000,
};
