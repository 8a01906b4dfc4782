/** `tenantry show`, as somebody types it who has the repository and nothing else. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(__dirname, "../..");
const NOWHERE = join(ROOT, "test/cli"); // has no `pulumi`

test("a tenant's line is explained without an estate", async () => {
  const args = [join(ROOT, "bin/tenantry.js"), "show", "oak", "--stack", "prod"];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, PATH: NOWHERE, NO_COLOR: "1" },
  });
  expect(stdout).toMatch(/^tier +dedicated: a server of its own in eu-west-1/m);
  expect(stdout).toMatch(/^where +not known: .*the Pulumi CLI is not installed here/m);
});
