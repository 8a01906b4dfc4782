import { Client } from "pg";
import { MAJORS } from "../../local/postgres/binaries";
import { startTestServer } from "../server";

test.each(MAJORS)("PostgreSQL %i starts with an admin that is like the master user of RDS", async (major) => {
  const server = await startTestServer(major);
  const client = new Client({ host: server.host, port: server.port, database: "postgres", ...server.admin });
  await client.connect();
  try {
    const { rows } = await client.query(
      "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, current_setting('server_version_num')::int / 10000 as major from pg_roles where rolname = current_user",
    );
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreaterole: true, rolcreatedb: true, major }]);
  } finally {
    await client.end();
    await server.stop();
  }
});
