/** `npm run isolation:docs`: writes the tables of attacks into docs/isolation.md. A test compares. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderAttacks, withAttacks } from "./isolation-table";

const FILE = join(__dirname, "..", "..", "docs", "isolation.md");

writeFileSync(FILE, withAttacks(readFileSync(FILE, "utf8"), renderAttacks()));
