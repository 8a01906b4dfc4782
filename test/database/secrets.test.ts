/** No password is ever sent to the server as text, and the store has it before the database does. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { ensureLoginSecret } from "../../database/login-secret";
import { scramVerifier } from "../../database/scram";
import { MemoryStore } from "./memory-store";
import { line, startTestCell, type TestCell } from "./test-cell";

describe("in a cell whose server logs every statement", () => {
  let cell: TestCell;
  const lines = { ash: line("ash", "schema"), cedar: line("cedar", "pooled") };
  beforeAll(async () => {
    cell = await startTestCell();
    await cell.tamper("alter system set log_statement = 'all'");
    await cell.tamper("select pg_reload_conf()");
    await cell.settle(lines);
  });
  afterAll(() => cell.stop());

  const readLog = async () => {
    const [row] = await cell.tamper("select current_setting('data_directory') as dir");
    return readFileSync(`${row?.dir}.log`, "utf8");
  };

  test("no password and no key is in the log, but the verifiers are", async () => {
    const secrets = [...cell.store.secrets].flatMap(([, { data }]) => [data.password ?? [], data.key ?? []].flat());
    expect(secrets).toHaveLength(6);
    const log = await readLog();
    expect(log).toContain('alter role "login_ash_a" password \'SCRAM-SHA-256$4096:');
    for (const secret of secrets) expect(log).not.toContain(secret);
  });

  test("control: a password in plain text would be seen there", async () => {
    const password = randomBytes(16).toString("hex");
    await cell.tamper(`create role careless password '${password}'`);
    expect(await readLog()).toContain(password);
  });

  test("the secrets of the cell's own logins work, and only the reader cannot write", async () => {
    const write = "insert into organizations (name, slug) values ('x', 'x')";
    for (const kind of ["app", "migrator", "reader", "pooler"]) {
      const client = new Client({
        connectionString: cell.store.value(`cells/eu-1/${kind}`, "url").replace(/\?.*/, ""),
      });
      await client.connect();
      try {
        const role = kind === "migrator" ? "tenantry_owner" : `tenantry_${kind}`;
        expect((await client.query("select current_user as name")).rows).toEqual([{ name: role }]);
        if (kind === "reader") await expect(client.query(write)).rejects.toThrow("read-only transaction");
      } finally {
        await client.end();
      }
    }
  });

  test("a cell that answers at another address has its secrets written again, with the same passwords", async () => {
    const before = cell.store.value("tenants/ash/db", "password");
    await cell.tamper(
      "update tenantry.cell set endpoint = 'old'; update tenantry.tenants set endpoint = 'old' where slug = 'ash'",
    );
    for (const path of ["tenants/ash/db", "cells/eu-1/app"]) {
      const { data, version } = cell.store.secrets.get(path) ?? { data: {}, version: 0 };
      cell.store.secrets.set(path, { data: { ...data, host: "old.example.com" }, version });
    }
    await cell.settle(lines);
    expect(cell.store.value("tenants/ash/db", "host")).toBe("127.0.0.1");
    expect(cell.store.value("cells/eu-1/app", "host")).toBe("127.0.0.1");
    expect(cell.store.value("tenants/ash/db", "password")).toBe(before);
  });

  test("a store that was wiped has the cell's secrets again with the next run that uses it, and they work", async () => {
    cell.store.secrets.clear();
    const state = await cell.settle({ ...lines, ash: line("ash", "schema", "active", " connections=6") });
    expect([...cell.store.secrets.keys()].sort()).toEqual([
      ...["app", "context", "migrator", "pooler", "reader"].map((kind) => `cells/eu-1/${kind}`),
      "tenants/ash/db",
    ]);
    const app = await cell.as("cells/eu-1/app", "select session_user as name");
    expect(app).toEqual([{ name: "tenantry_app" }]);
    expect(state.shared).toEqual({});
  });

  test("a password that was changed in the store becomes the login's with the tenant's next change", async () => {
    const held = cell.store.secrets.get("tenants/ash/db");
    if (!held) throw new Error("no secret");
    await cell.store.write("tenants/ash/db", { ...held.data, password: "rotated-by-hand-0123456789" }, held.version);
    await cell.settle({ ...lines, ash: line("ash", "schema", "active", " connections=7") });
    expect(await cell.as("tenants/ash/db", "select session_user as name")).toEqual([{ name: "login_ash_a" }]);
    expect(cell.store.value("tenants/ash/db", "url")).toContain("rotated-by-hand");
  });

  test("the server takes the verifier that is computed here", async () => {
    await cell.tamper(
      `create role proof login password '${await scramVerifier("pencil")}'; grant connect on database app to proof`,
    );
    const client = await cell.login("proof", "pencil");
    await client.end();
    await expect(cell.login("proof", "pen")).rejects.toThrow("password authentication failed");
  });
});

test("the example of RFC 7677 gives its StoredKey and ServerKey", async () => {
  const verifier = await scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"));
  expect(verifier).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});

test("a password that SCRAM would have to normalise is refused, and not shown", async () => {
  const store = new MemoryStore();
  const subject = {
    path: "p",
    pair: { login: "l", next: null },
    schema: "s",
    endpoint: { host: "h", port: 1, database: "d", sslmode: "disable" as const },
  };
  await store.write("p", { password: "pässword" }, 0);
  await expect(ensureLoginSecret(store, subject)).rejects.toThrow(
    /^the password in p is not printable ASCII(?!.*pässword).*TN-316/,
  );
});
