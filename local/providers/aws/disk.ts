/** What RDS takes for a gp3 disk of PostgreSQL. */
import type { provider } from "@pulumi/pulumi";
import type { Props } from "../../provider";
import { rule } from "../stand-in";

/** From this size on a disk is spread over four volumes, whose speed may be chosen. */
const SPREAD_FROM_GB = 400;
const LEAST_IOPS = 12_000;
const LEAST_THROUGHPUT = 500;

const isAtLeast = (least: number) => (value: unknown) => Number(value) >= least;
const isSpread = ({ allocatedStorage }: Props) => Number(allocatedStorage) >= SPREAD_FROM_GB;

export function checkDisk(inputs: Props, olds: Props): provider.CheckFailure[] {
  if (inputs.storageType !== "gp3") return [];
  if (!isSpread(inputs)) {
    const chosen = ["iops", "storageThroughput"].filter((property) => inputs[property] !== undefined);
    return chosen.map((property) => ({ property, reason: `must be left out below ${SPREAD_FROM_GB} GB of gp3` }));
  }
  return [
    ...rule(inputs, "iops", isAtLeast(LEAST_IOPS), `must be ${LEAST_IOPS} or more from ${SPREAD_FROM_GB} GB on`),
    ...rule(inputs, "storageThroughput", isAtLeast(LEAST_THROUGHPUT), `must be ${LEAST_THROUGHPUT} or more there`),
    ...(isGrowing(inputs, olds) && inputs.iops === undefined ? [STALE] : []),
  ];
}

const isGrowing = (inputs: Props, olds: Props) =>
  isSpread(inputs) && olds.allocatedStorage !== undefined && !isSpread(olds);

const STALE = {
  property: "iops",
  reason: `must be given when a disk grows past ${SPREAD_FROM_GB} GB: the provider sends the old ones, and RDS refuses them`,
};
