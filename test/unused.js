/**
 * Stands in for what the Pulumi SDK loads to turn functions into text (TypeScript, npm's resolver): a third of what loading it
 * costs, once for each test file. Nothing here does that; whoever does is told.
 */
module.exports = new Proxy(
  {},
  {
    get: (_, name) => {
      if (typeof name === "symbol" || name === "__esModule") return undefined;
      throw new Error(`the tests do not load what has ${name}: see moduleNameMapper in jest.config.js`);
    },
  },
);
