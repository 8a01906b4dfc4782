/** The authorities that RDS's certificates are signed by: a file of the project, which AWS publishes. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { StackConfig } from "./stack-config";
import type { ConfigFinding } from "./stack-config-parse";

/** Valid for 40 years, and the one that servers renew by themselves without a restart. */
export const RDS_AUTHORITY = {
  identifier: "rds-ca-rsa2048-g1",
  /** The name of its certificate: every region has its own. */
  nameIn: (region: string): string => `Amazon RDS ${region} Root CA RSA2048 G1`,
} as const;

const SOURCE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";
const FILE = "rds-global-bundle.pem";
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** What keeps TLS from being verified to the servers of these regions, with the command to type. */
export function bundleFindings(
  projectDir: string,
  { tls, certificateBundle: file }: Pick<StackConfig, "tls" | "certificateBundle">,
  regions: readonly string[],
): readonly ConfigFinding[] {
  if (tls === "disable") return [];
  if (file === undefined) {
    const set = `pulumi config set tenantry:certificateBundle ${FILE}`;
    return [finding(`missing; RDS's certificates are signed by its own authorities; type: ${fetch(FILE)} && ${set}`)];
  }
  const names = readNames(join(projectDir, file));
  if (names === undefined)
    return [finding(`${file} cannot be read; needed is RDS's bundle of authorities; type: ${fetch(file)}`)];
  const lacking = regions.filter((region) => !names.has(RDS_AUTHORITY.nameIn(region)));
  if (lacking.length === 0) return [];
  const lack = `${file} has no valid certificate of ${RDS_AUTHORITY.identifier} for ${lacking.join(", ")}`;
  return [finding(`${lack}; RDS's bundle of all regions has them; type: ${fetch(file)}`)];
}

const fetch = (file: string) => `curl --fail -o ${file} ${SOURCE}`;

const finding = (message: string): ConfigFinding => ({ code: "TN-702", path: "tenantry:certificateBundle", message });

/** The names of a file's certificates that have not expired; nothing when it is not there or is none. */
function readNames(path: string): ReadonlySet<string> | undefined {
  try {
    const certificates = readFileSync(path, "utf8").match(PEM) ?? [];
    const valid = certificates
      .map((pem) => new X509Certificate(pem))
      .filter(({ validTo }) => Date.parse(validTo) > Date.now());
    return new Set(valid.map(({ subject }) => /^CN=(.*)$/m.exec(subject)?.[1] ?? ""));
  } catch {
    return undefined; // the caller says so, with what to type
  }
}
