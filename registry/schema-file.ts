/** `npm run schema` writes `tenants/registry.schema.json`, by which editors complete and check the registry's files. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { loadQuotaNames } from "./quota-names";
import { defineFiles } from "./written";

/** One schema for `plans.yaml` and `<stack>.yaml`, with the same definition that the program checks by. */
export function renderSchema(quotas: readonly string[]): string {
  const { plans, stack } = defineFiles(quotas);
  const schema = z.toJSONSchema(z.union([plans, stack]), { io: "input", target: "draft-7", reused: "ref" });
  const title = "Tenantry: the plans, or a stack's cells and tenants";
  return `${JSON.stringify({ title, ...schema }, undefined, 2)}\n`;
}

export const schemaFile = (dir: string): string => join(dir, "registry.schema.json");

if (require.main === module) {
  const root = join(__dirname, "..");
  writeFileSync(schemaFile(join(root, "tenants")), renderSchema(loadQuotaNames(join(root, "sql"))));
}
