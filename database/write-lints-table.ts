/** `npm run lints:docs`: writes the table of lints into docs/lints.md. A test compares. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadLints } from "./lints";
import { renderLintsTable, withLints } from "./lints-table";

const ROOT = join(__dirname, "..");
const FILE = join(ROOT, "docs", "lints.md");

writeFileSync(FILE, withLints(readFileSync(FILE, "utf8"), renderLintsTable(loadLints(join(ROOT, "sql", "lint")))));
