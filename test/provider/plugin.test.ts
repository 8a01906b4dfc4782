/** The provider under the SDK's own server, as `pulumi up` runs it. */
import type { ServiceError } from "@grpc/grpc-js";
import { CELL_TENANTS } from "../../provider/cell-tenants";
import { type Props, UNKNOWN } from "../../provider/wire";
import { line, PLANS, startTestCell, type TestCell } from "../database/test-cell";
import { mountSecrets, startLocalVault, type TestVault } from "../vault/test-vault";
import { type InitFailure, initFailureOf, type Plugin, startPlugin } from "./plugin";

const URN = `urn:pulumi:prod::tenantry::tenantry:components:Cell$${CELL_TENANTS}::eu-1-tenants`;
const LINES = { birch: line("birch", "schema"), cedar: line("cedar", "pooled") };

let cell: TestCell;
let vault: TestVault;
let plugin: Plugin;
let inputs: Props;
beforeAll(async () => {
  [cell, vault] = await Promise.all([startTestCell(), startLocalVault()]);
  plugin = await startPlugin({ VAULT_TOKEN: vault.token });
  inputs = {
    cell: "eu-1",
    connection: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: cell.connection },
    vault: { address: vault.address, mount: "secret" },
    tenants: LINES,
    plans: PLANS,
    sql: { "tenant/0001_accounts.sql": "0123456789ab" },
  };
});
afterAll(async () => {
  await plugin.stop();
  await Promise.all([cell.stop(), vault.stop()]);
});

test("the first preview has unknowns; a later one refuses a line that vanished", async () => {
  const connection = { ...cell.connection, host: UNKNOWN, port: UNKNOWN, password: UNKNOWN };
  expect(await plugin.check(URN, {}, { ...inputs, connection })).toEqual([]);
  expect(await plugin.diff(URN, inputs, { ...inputs, connection })).toBe(true);
  expect(await plugin.check(URN, inputs, { ...inputs, tenants: { birch: LINES.birch } })).toEqual([
    { property: "tenants.cedar", reason: expect.stringContaining("status: offboarding") },
  ]);
});

test("what was done before a failure reaches the state, and the next run goes on to the end", async () => {
  const failed = await initFailure(plugin.create(URN, inputs)); // Vault has no mount yet
  expect(failed).toEqual({
    message: "cell eu-1: 2 parts failed, the rest is done [TN-203]",
    id: "eu-1",
    reasons: [expect.stringMatching(/^birch: .*TN-405/), expect.stringMatching(/^cell: .*TN-405/)],
    properties: { ...inputs, tenants: { cedar: LINES.cedar }, directory: [expect.anything()], shared: {} },
  });
  expect(await plugin.diff(URN, failed.properties, inputs)).toBe(true);

  await mountSecrets(vault);
  const done = await plugin.update(URN, failed.properties, inputs);
  expect(done).toEqual({ ...inputs, directory: [expect.anything(), expect.anything()], shared: {} });
  expect(await plugin.diff(URN, done, inputs)).toBe(false);
});

test("a refresh shows drift, gives no inputs and keeps secrets wrapped; the next run repairs", async () => {
  await cell.tamper("revoke insert on tenant_birch.topics from role_birch");
  const { id, properties, inputs: given } = await plugin.read(URN, inputs);
  expect([id, given]).toEqual(["eu-1", undefined]);
  expect(properties.connection).toEqual(inputs.connection);
  expect(properties.tenants).toEqual({ ...LINES, birch: expect.stringMatching(/ drift: topics: insert missing/) });
  expect(await plugin.diff(URN, properties, inputs)).toBe(true);
  expect((await plugin.update(URN, properties, inputs)).tenants).toEqual(LINES);
});

test("deletion is refused while tenants are active", async () => {
  await expect(plugin.delete(URN, inputs)).rejects.toMatchObject({ details: expect.stringContaining("TN-202") });
});

async function initFailure(run: Promise<unknown>): Promise<InitFailure> {
  const error: ServiceError = await run.then(
    () => Promise.reject(new Error("it went through")),
    (thrown) => thrown,
  );
  return initFailureOf(error);
}
