/** Secrets in environment variables, as the Vault Secrets Operator and most platforms can deliver them. */
import { SecretUnavailable } from "./errors";
import { isSecretValues, type Secrets, type SecretValues } from "./secrets";

/**
 * `cells/eu-1/app` is the variable `TENANTRY_SECRET_CELLS_EU_1_APP`: one JSON object with the values of the secret. Slugs and
 * names of cells have no underscores, so that no two paths share a variable. A process sees a changed variable only when it is
 * started anew: rotate with Vault, or restart before the old login ends.
 * @param env @default process.env
 */
export function environmentSecrets(env: Readonly<Record<string, string | undefined>> = process.env): Secrets {
  return async (path) => {
    const variable = `TENANTRY_SECRET_${path.replace(/[^a-z0-9]/g, "_").toUpperCase()}`;
    const text = env[variable];
    return text === undefined ? undefined : parse(path, variable, text);
  };
}

function parse(path: string, variable: string, text: string): SecretValues {
  const values = parseJson(text);
  if (isSecretValues(values)) return values;
  throw new SecretUnavailable(path, `${variable} is not one JSON object whose values are texts`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the parser's own words would quote the secret
  }
}
