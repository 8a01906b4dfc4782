/** Where a simulated AWS resource is: account, region, and the forms in which AWS names things. */
import { createHash } from "node:crypto";
import { TenantryError } from "../../../registry/errors";
import type { Props } from "../../provider";
import { isRecord } from "../../wire";

/** No real account has this number. */
export const ACCOUNT = "000000000000";

export interface Site {
  readonly region: string;
  /** Tags that the provider puts on everything. */
  readonly defaultTags: Props;
}

/** @throws TenantryError TN-527 without a region. */
export function siteOf(config: Props): Site {
  const { region = process.env.AWS_REGION } = config;
  if (typeof region !== "string" || region === "") {
    throw new TenantryError("TN-527", "the AWS provider has no region: give it one, or set aws:region or AWS_REGION");
  }
  const defaults = typeof config.defaultTags === "string" ? JSON.parse(config.defaultTags) : config.defaultTags;
  return { region, defaultTags: isRecord(defaults) && isRecord(defaults.tags) ? defaults.tags : {} };
}

/** `arn:aws:rds:eu-west-1:000000000000:db:prod-eu-1`. S3 names neither region nor account, IAM no region. */
export function arn(service: string, region: string, resource: string, account = ACCOUNT): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

/** Hex digits that look drawn at random, and are the same for the same parts: what is created twice is one thing. */
export function token(length: number, ...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, length);
}

export function uuid(...parts: readonly string[]): string {
  return token(32, ...parts).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
