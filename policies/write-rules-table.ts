/** `npm run policies:docs`: writes the table of rules into docs/policies.md. A test compares. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderRules, withRules } from "./rules-table";

const FILE = join(__dirname, "..", "docs", "policies.md");

writeFileSync(FILE, withRules(readFileSync(FILE, "utf8"), renderRules()));
