/** What an RDS instance class offers, as far as placing tenants needs it. */

/** GiB of memory of size `large`, by family. Each family doubles from size to size. */
const LARGE_GIB: Readonly<Record<string, number>> = { t: 8, m: 8, r: 16, x: 32 };
const OF_LARGE: Readonly<Record<string, number>> = { micro: 1 / 8, small: 1 / 4, medium: 1 / 2, large: 1, xlarge: 2 };

/** MiB of memory of a class that the registry accepts, such as `db.r7g.2xlarge`. */
export function memoryMb(instanceClass: string): number {
  const [, family = "", size = ""] = instanceClass.split(".");
  const multiple = /^([0-9]+)xlarge$/.exec(size)?.[1];
  const ofLarge = multiple === undefined ? OF_LARGE[size] : 2 * Number(multiple);
  return (LARGE_GIB[family.charAt(0)] ?? 0) * (ofLarge ?? 0) * 1024;
}

/**
 * RDS's own formula, `LEAST(DBInstanceClassMemory / 9531392, 5000)`, with the tenth that RDS keeps of the memory.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
 */
export function maxConnections(instanceClass: string): number {
  return Math.min(5000, Math.floor((memoryMb(instanceClass) * 0.9 * 1024 * 1024) / 9_531_392));
}
