/** `tenantry secret <tenant>`: what an application needs to log in as the tenant, from Vault. */
import type { Command } from "commander";
import { signContext } from "../client/context";
import { TenantryError } from "../registry/errors";
import { cellSecretPath, tenantSecretPath } from "../registry/names";
import type { DirectoryRow } from "../registry/types";
import type { VaultKv } from "../vault/kv";
import { findTenant, openVault } from "./estate";
import { STACK_OPTION } from "./options";
import { printJson, printLine, printPairs } from "./output";
import { renderPsqlEnv } from "./psql-env";
import { reachOf } from "./reach";

/** How long a context that is printed for a person lives. An application signs its own for each transaction. */
const CONTEXT_SECONDS = 300;

const EXAMPLES = `
Examples:
  $ eval "$(npx tenantry secret birch --env)"; psql      # no password in any command line
  $ npx tenantry secret birch --json | jq -r .url`;

/** KV values, all text: host, port, database, username, password, schema, sslmode, url; pooled tenants also: context. */
export type TenantSecret = Readonly<Record<string, string>>;

export function register(program: Command): void {
  program
    .command("secret <tenant>")
    .description(
      "print a tenant's credentials from Vault; for a pooled tenant the application's login and a signed context",
    )
    .option(...STACK_OPTION)
    .option("--json", "print one object")
    .option("--env", "print variables for psql and everything else that uses PostgreSQL's own library")
    .addHelpText("after", EXAMPLES)
    .action(async (slug: string, { stack, json, env }: { stack: string; json?: boolean; env?: boolean }) => {
      const row = findTenant(stack, slug);
      const secret = await readSecret(await openVault(stack), row);
      if (json) printJson(secret);
      else if (env) printLine(renderPsqlEnv(secret, reachOf(row, stack)));
      else printPairs(Object.entries(secret));
    });
}

/** @throws TenantryError TN-603 when Vault holds no secret for the tenant. */
export async function readSecret(vault: VaultKv, row: DirectoryRow): Promise<TenantSecret> {
  if (row.tier !== "pooled") return read(vault, tenantSecretPath(row.slug));
  const [login, { kid = "", key = "" }] = await Promise.all([
    read(vault, cellSecretPath(row.cell, "app")),
    read(vault, cellSecretPath(row.cell, "context")),
  ]);
  return { ...login, context: signContext({ kid, key }, row.id, { expiresInSeconds: CONTEXT_SECONDS }) };
}

async function read(vault: VaultKv, path: string): Promise<TenantSecret> {
  const secret = await vault.read(path);
  if (secret) return secret.data;
  throw new TenantryError(
    "TN-603",
    `Vault has no secret at ${path}; run \`npm run up\` (or \`pulumi up\`), which writes it`,
  );
}
