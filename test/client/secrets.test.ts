/** Where secrets come from. */
import { ClientError, environmentSecrets, fixedSecrets, vaultSecrets } from "../../client";
import * as errors from "../../client/errors";
import { cellLoginPath, cellSigningPath, tenantLoginPath } from "../../client/secrets";
import { CODES } from "../../registry/errors";
import { cellSecretPath, tenantSecretPath } from "../../registry/names";
import { VaultKv } from "../../vault/kv";
import { startTestVault, type TestMount } from "../vault/test-vault";

const VALUES = { username: "login_birch_a", password: "pa55" };

test("paths are those that are written", () => {
  expect(cellLoginPath("eu-1")).toBe(cellSecretPath("eu-1", "app"));
  expect(cellSigningPath("eu-1")).toBe(cellSecretPath("eu-1", "context"));
  expect(tenantLoginPath("big-birch")).toBe(tenantSecretPath("big-birch"));
});

test("every error of the client is a ClientError with a code of its own", () => {
  const kinds = Object.values(errors).filter((kind) => kind !== ClientError);
  expect(kinds.every((kind) => kind.prototype instanceof ClientError)).toBe(true);
  const codes = Object.keys(CODES).filter((code) => code.startsWith("TN-9"));
  expect(kinds).toHaveLength(codes.length);
});

test("fixed ones are what was given, and nothing of every object", async () => {
  const read = fixedSecrets({ "tenants/birch/db": VALUES });
  expect(await read("tenants/birch/db")).toEqual(VALUES);
  expect(await read("constructor")).toBeUndefined();
});

describe("from the environment", () => {
  const variable = "TENANTRY_SECRET_TENANTS_BIG_BIRCH_DB";

  test("a variable holds one object", async () => {
    const read = environmentSecrets({ [variable]: JSON.stringify(VALUES) });
    expect(await read("tenants/big-birch/db")).toEqual(VALUES);
    expect(await read("tenants/elm/db")).toBeUndefined();
  });

  test.each(["pa55", "[1]x", '{"password":{"pa55":1}}', "null"])("%s is refused, and not quoted", async (text) => {
    const read = environmentSecrets({ [variable]: text });
    const failure = await read("tenants/big-birch/db").catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "TN-904", message: expect.stringContaining(variable) });
    expect(String(failure)).not.toContain("pa55");
  });
});

describe("from Vault", () => {
  let vault: TestMount;
  beforeAll(async () => {
    vault = await startTestVault();
    const { address, mount, token } = vault;
    await new VaultKv({ address, mount, token }).write("tenants/birch/db", VALUES, 0);
  });
  afterAll(() => vault?.stop());

  test("the values of the current version, with the token of now", async () => {
    const { address, mount } = vault;
    const token = jest.fn().mockResolvedValue(vault.token);
    const read = vaultSecrets({ address: `${address}/`, mount, token });
    expect(await read("tenants/birch/db")).toEqual(VALUES);
    expect(await read("tenants/elm/db")).toBeUndefined();
    expect(token).toHaveBeenCalledTimes(2);
  });

  test("a token that may not read is told so, and does not stand in the error", async () => {
    const { address, mount } = vault;
    const failure = await vaultSecrets({ address, mount, token: "hvs.none" })("tenants/birch/db").catch(
      (e: unknown) => e,
    );
    expect(failure).toMatchObject({ code: "TN-904", message: expect.stringContaining("denies") });
    expect(String(failure)).not.toContain("hvs.none");
  });

  test("an address that is none is refused at once, and one where no Vault answers is an error", async () => {
    expect(() => vaultSecrets({ address: "", token: "t" })).toThrow("TN-912");
    expect(() => vaultSecrets({ address: "vault:8200", token: "t" })).toThrow("TN-912");
    await expect(vaultSecrets({ address: "http://127.0.0.1:9", token: "t" })("a")).rejects.toThrow();
  });
});
