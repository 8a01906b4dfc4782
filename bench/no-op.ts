/** Nothing has changed: how long it takes to know, drift included, against reading each object as a stock refresh does. */
import { loginsOf, schemaOf } from "../registry/names";
import type { Bench, Comparison, Size } from "./bench";
import { desiredCell, slugOf } from "./estate";
import { growTo } from "./grown-cell";
import { interleave, time } from "./measure";
import { countStatements, total } from "./statements";
import { refreshStock } from "./stock-objects";

export const noOp: Bench = {
  name: "no-op",
  budget: "5,000 schemas with a drift report at least 500x faster than a connection per object; at most 8 queries",
  run,
};

/** `sample`: tenants that the other side reads a pair; the rest is extrapolated, for it would take an hour. */
const SIZES = { full: { schemas: 5_000, sample: 20, pairs: 5 }, small: { schemas: 100, sample: 5, pairs: 1 } } as const;
/** The default of the stock provider and of the engine are higher; more does not help on two processors. */
const PARALLEL = 8;

async function run(size: Size): Promise<readonly Comparison[]> {
  const { schemas, sample, pairs } = SIZES[size];
  const cell = await growTo(schemas);
  const desired = desiredCell({ pooled: 0, schema: schemas });
  const tenants = (pair: number) =>
    Array.from({ length: sample }, (_, n) => slugOf("schema", (pair + 1) * sample + n)).map((slug) => ({
      schema: schemaOf(slug),
      role: loginsOf(slug).a,
    }));
  const times = await interleave(
    {
      today: async (pair) => {
        const spent = await time(() => refreshStock(cell.connection, tenants(pair), PARALLEL));
        return (spent / sample) * schemas;
      },
      tenantry: () => time(() => cell.apply(desired)),
    },
    { pairs, warmUp: true },
  );
  const counted = await countStatements(cell.server.superuser, () => cell.apply(desired));
  return [
    {
      measure: `no-op with drift report, ${schemas.toLocaleString("en-US")} schemas`,
      unit: "s",
      today: times.today / 1000,
      tenantry: times.tenantry / 1000,
      ratio: times.better,
      gate: { better: 500 },
      note: `today: five objects a tenant, ${PARALLEL} at once, measured on ${sample} tenants a pair and extrapolated`,
    },
    { measure: "statements of the no-op", unit: "", tenantry: total(counted), gate: { most: 8 } },
  ];
}
