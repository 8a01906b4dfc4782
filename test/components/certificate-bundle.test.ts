import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleFindings, RDS_AUTHORITY } from "../../components/certificate-bundle";
import { Authority, describeWithOpenssl } from "../authority";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tenantry-bundle-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const authorityIn = (region: string, days?: number) => new Authority(dir, RDS_AUTHORITY.nameIn(region), days).ca;

/** What is said about a bundle with this text. */
function said(text: string | undefined, regions: readonly string[] = ["eu-west-1"]): string {
  if (text !== undefined) writeFileSync(join(dir, "bundle.pem"), text);
  const certificateBundle = text === undefined ? "missing.pem" : "bundle.pem";
  return bundleFindings(dir, { tls: "verify-full", certificateBundle }, regions)
    .map(({ message }) => message)
    .join("\n");
}

describeWithOpenssl("an authority", () => {
  test("of every region is enough", () => {
    const bundle = `Some words before\n${authorityIn("eu-west-1")}\n${authorityIn("us-east-1")}`;
    expect(said(bundle, ["eu-west-1", "us-east-1"])).toBe("");
    expect(said(bundle, ["eu-west-1", "eu-north-1"])).toBe(
      "bundle.pem has no valid certificate of rds-ca-rsa2048-g1 for eu-north-1; RDS's bundle of all regions has them; " +
        "type: curl --fail -o bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
    );
  });

  test("that has expired does not count", () => {
    expect(said(authorityIn("eu-west-1", -1))).toContain("no valid certificate of rds-ca-rsa2048-g1 for eu-west-1");
  });
});

test.each([
  ["nothing", undefined],
  ["no certificate", "<html>404</html>"],
  ["half a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
])("%s is told with the command that fetches it", (_, text) => {
  expect(said(text)).toMatch(/; type: curl --fail -o (bundle|missing)\.pem https:/);
});

test("a stack that verifies needs a bundle, one on loopback does not", () => {
  const [missing] = bundleFindings(dir, { tls: "verify-full" }, ["eu-west-1"]);
  expect(missing?.message).toContain("&& pulumi config set tenantry:certificateBundle rds-global-bundle.pem");
  expect(bundleFindings(dir, { tls: "disable" }, ["eu-west-1"])).toEqual([]);
});
