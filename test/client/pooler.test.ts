/** Through PgBouncer in transaction mode, with one connection to the server for each login: nothing of a tenant stays on it. */
import { Client } from "pg";
import { type TenantClient, TransactionEnded } from "../../client";
import { idOf } from "../database/test-cell";
import { type ClientCell, startClientCell } from "./client-cell";
import { type Pooler, poolerVersion, startPooler } from "./pooler";

const WHO = "select tenantry.current_tenant() as tenant, pg_backend_pid() as pid";
const version = poolerVersion();
if (version === undefined) console.log("no pgbouncer on this machine: its tests are skipped");

(version === undefined ? describe.skip : describe)(`PgBouncer ${version}`, () => {
  let cell: ClientCell;
  let pooler: Pooler;
  let client: TenantClient;
  beforeAll(async () => {
    cell = await startClientCell();
    const logins = Object.values(cell.secrets).flatMap(({ username, password }) =>
      username !== undefined && password !== undefined ? [{ username, password }] : [],
    );
    pooler = await startPooler(cell, logins);
    client = cell.client({ pooler: () => ({ host: "127.0.0.1", port: pooler.port }), connectionsPerCell: 10 });
  });
  afterAll(async () => {
    await client?.close();
    await pooler?.stop();
    await cell?.stop();
  });

  test("many at once are who they are, on one connection", async () => {
    const slugs = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? "cedar" : "fir"));
    const answers = await Promise.all(
      slugs.map((slug, n) =>
        n % 4 < 2 ? client.query(slug, WHO) : client.asTenant(slug, async (tx) => tx.query(WHO)),
      ),
    );
    expect(answers.map(({ rows }) => rows[0]?.tenant)).toEqual(slugs.map(idOf));
    expect(new Set(answers.map(({ rows }) => rows[0]?.pid)).size).toBe(1);
  });

  test("what is added is committed, what fails is not, and the connection goes on", async () => {
    const add = "insert into topics (name) values ($1)";
    await client.query("cedar", add, ["pooled"]);
    await expect(client.query("cedar", add, ["pooled"])).rejects.toMatchObject({ code: "23505" });
    const attempt = client.asTenant("cedar", async (tx) => {
      await tx.query(add, ["lost"]);
      throw new Error("changed my mind");
    });
    await expect(attempt).rejects.toThrow("changed my mind");
    expect((await client.query("cedar", "select name from topics")).rows).toEqual([{ name: "pooled" }]);
    expect((await client.query("fir", "select name from topics")).rows).toEqual([]);
  });

  test("a transaction that ends itself is noticed, and what follows meets nothing", async () => {
    const seen: unknown[] = [];
    const attempt = client.asTenant("cedar", async (tx) => {
      const sent = [tx.query("commit"), tx.query(WHO)];
      seen.push(...(await Promise.all(sent)).map(({ rows }) => rows[0]?.tenant));
    });
    await expect(attempt).rejects.toThrow(TransactionEnded);
    expect(seen).toEqual([undefined, null]);
  });

  test("tenants with a login of their own have their own schema", async () => {
    const where = "select session_user as who, current_schema() as schema";
    expect((await client.query("birch", where)).rows).toEqual([{ who: "login_birch_a", schema: "tenant_birch" }]);
    expect((await client.query("elm", where)).rows).toEqual([{ who: "login_elm_a", schema: "tenant_elm" }]);
  });

  test("prepared statements that the pooler loses are sent again without a name", async () => {
    const pooled = { pooler: () => ({ host: "127.0.0.1", port: pooler.port }), namedStatements: 5 };
    const clients = [cell.client(pooled), cell.client(pooled)];
    const answers = [];
    for (let n = 0; n < 8; n++) answers.push(await clients[n % 2]?.query(n % 4 < 2 ? "cedar" : "fir", WHO));
    expect(answers.map((answer) => answer?.rows[0]?.tenant)).toEqual(
      ["cedar", "cedar", "fir", "fir", "cedar", "cedar", "fir", "fir"].map(idOf),
    );
    await Promise.all(clients.map((each) => each.close()));
  });

  test("a context of the session would be handed to the next client: the control", async () => {
    const { rows } = await client.asTenant("cedar", (tx) =>
      tx.query("select current_setting('tenantry.context') as context"),
    );
    const { username: user, password } = cell.secrets["cells/eu-1/app"] ?? {};
    const plain = () => new Client({ host: "127.0.0.1", port: pooler.port, database: "app", user, password });
    const [one, other] = [plain(), plain()];
    await Promise.all([one.connect(), other.connect()]);
    await one.query("select set_config('tenantry.context', $1, false)", [rows[0]?.context]);
    expect((await other.query(WHO)).rows).toMatchObject([{ tenant: idOf("cedar") }]);
    // Whoever comes through the client empties it.
    await client.query("fir", "select 1");
    expect((await other.query(WHO)).rows).toMatchObject([{ tenant: null }]);
    await Promise.all([one.end(), other.end()]);
  });
});
