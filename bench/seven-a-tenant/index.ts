/**
 * The other side: an estate as tutorials and common modules write it with stock providers, seven resources a tenant:
 * password, role, schema, two grants, default privileges, secret. The servers themselves are left out, in its favour.
 */
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as vault from "@pulumi/vault";

const config = new pulumi.Config();
const database = "app";
const host = "db.example.com";
const owner = "app_owner";
const provider = new postgresql.Provider("db", { host, username: "admin", superuser: false });

for (let n = 1; n <= config.requireNumber("tenants"); n++) {
  const slug = `tenant-${n}`;
  const password = new random.RandomPassword(`${slug}-password`, { length: 32, special: false });
  const role = new postgresql.Role(
    `${slug}-role`,
    { name: slug, login: true, password: password.result, connectionLimit: 25, statementTimeout: 30_000 },
    { provider },
  );
  const schema = new postgresql.Schema(`${slug}-schema`, { name: slug, database, owner }, { provider });
  const inSchema = { database, schema: schema.name, role: role.name };
  new postgresql.Grant(`${slug}-usage`, { ...inSchema, objectType: "schema", privileges: ["USAGE"] }, { provider });
  const privileges = ["SELECT", "INSERT", "UPDATE", "DELETE"];
  new postgresql.Grant(`${slug}-tables`, { ...inSchema, objectType: "table", privileges }, { provider });
  new postgresql.DefaultPrivileges(
    `${slug}-defaults`,
    { ...inSchema, owner, objectType: "table", privileges },
    { provider },
  );
  new vault.kv.SecretV2(`${slug}-secret`, {
    mount: "secret",
    name: `tenants/${slug}/db`,
    dataJson: pulumi.jsonStringify({ host, database, username: role.name, password: password.result, schema: slug }),
  });
}
