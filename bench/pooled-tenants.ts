/** New pooled tenants: rows in bulk against a transaction for each, as an onboarding loop writes it. */
import type { Bench, Comparison, Size } from "./bench";
import { makeCell } from "./cell";
import { withConnection } from "./connect";
import { desiredCell, slugOf } from "./estate";
import { interleave, time } from "./measure";
import { withServer } from "./server";

export const pooledTenants: Bench = {
  name: "pooled tenants",
  budget: "in bulk at least 50x faster than one transaction each",
  run,
};

const SIZES = {
  full: { tenants: 10_000, sample: 300, pairs: 9 },
  small: { tenants: 1_000, sample: 100, pairs: 3 },
} as const;

async function run(size: Size): Promise<readonly Comparison[]> {
  const { tenants, sample, pairs } = SIZES[size];
  const times = await withServer((server) =>
    withConnection({ ...server.superuser, database: "postgres" }, async (client) => {
      await client.query(`create table tenants (id uuid primary key default gen_random_uuid(), slug text not null unique,
        plan text not null, status text not null, created_at timestamptz not null default now())`);
      const desired = desiredCell({ pooled: tenants, schema: 0 });
      let made = 0;
      const sides = {
        today: async () =>
          (await time(async () => {
            for (let n = 0; n < sample; n++) {
              await client.query("begin");
              const values = [slugOf("today", made++), "free", "active"];
              await client.query("insert into tenants (slug, plan, status) values ($1, $2, $3)", values);
              await client.query("commit");
            }
          })) / sample,
        tenantry: async () => {
          await client.query("drop database if exists app"); // a server is one cell
          const cell = await makeCell(server);
          await cell.apply(desiredCell({ pooled: 0, schema: 0 })); // the shared tables are no tenant's cost
          return (await time(() => cell.apply(desired))) / tenants;
        },
      };
      return interleave(sides, { pairs, warmUp: true });
    }),
  );
  return [
    {
      measure: "a new pooled tenant, in bulk",
      unit: "us",
      today: times.today * 1000,
      tenantry: times.tenantry * 1000,
      ratio: times.better,
      gate: { better: 50 },
      note: `tenantry: ${tenants.toLocaleString("en-US")} in ${((times.tenantry * tenants) / 1000).toFixed(2)} s, lock, comparison and drift report included; today: begin, insert, commit on one kept connection`,
    },
  ];
}
