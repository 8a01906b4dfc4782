/** A tenant's files in S3: where they are, and the request that opens a session for that tenant and nobody else. Pure. */
import type { DirectoryRow, FilesPlace } from "../registry/types";

/** What `AssumeRole` of AWS STS takes; its SDK's `AssumeRoleCommand` as it is. */
export interface SessionRequest {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly DurationSeconds: number;
  readonly Tags: { readonly Key: string; readonly Value: string }[];
}

export interface TenantFiles {
  readonly region: string;
  readonly bucket: string;
  /** All keys of the tenant's objects begin with it; what does not is refused by S3. */
  readonly prefix: string;
  /** Opens the session, signed with the credentials of the broker's role. */
  readonly request: SessionRequest;
}

/** The tag that decides whose objects a session reaches. */
const SESSION_TAG = "tenantry-session-tenant";
/** A broker that is itself a role gets an hour at most, whatever it asks for: AWS calls that role chaining. */
const LONGEST_SECONDS = 3600;
const SHORTEST_SECONDS = 900;

/**
 * Where a tenant's files are, by its row in the directory.
 * @param places the stack output `files`
 * @param durationSeconds 900 to 3600. @default 3600
 * @throws Error when no place has the tenant's cell, or sessions have no broker
 */
export function tenantFiles(
  { slug, id, cell }: Pick<DirectoryRow, "slug" | "id" | "cell">,
  places: readonly FilesPlace[],
  durationSeconds = LONGEST_SECONDS,
): TenantFiles {
  const place = places.find(({ cells }) => cells.includes(cell));
  if (place === undefined)
    throw new Error(`no bucket serves the cell ${cell} of ${slug}: read the stack output \`files\``);
  const { region, bucket, sessionRoleArn } = place;
  if (sessionRoleArn === undefined) {
    throw new Error(`nobody opens sessions for ${bucket}: set tenantry:brokerRoleArn in the stack that owns it`);
  }
  if (!(durationSeconds >= SHORTEST_SECONDS && durationSeconds <= LONGEST_SECONDS)) {
    throw new Error(
      `a session of ${durationSeconds} s cannot be had; allowed are ${SHORTEST_SECONDS} to ${LONGEST_SECONDS}`,
    );
  }
  const request = {
    RoleArn: sessionRoleArn,
    RoleSessionName: `tenant-${id}`,
    DurationSeconds: durationSeconds,
    Tags: [{ Key: SESSION_TAG, Value: id }],
  };
  return { region, bucket, prefix: `t/${id}/`, request };
}
