import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderAttacks, withAttacks } from "./isolation-table";

test("docs/isolation.md has the attacks and controls that there are: `npm run isolation:docs`", () => {
  const page = readFileSync(join(__dirname, "..", "..", "docs", "isolation.md"), "utf8");
  expect(withAttacks(page, renderAttacks())).toBe(page);
});
