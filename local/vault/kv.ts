/** One secret of KV version 2 and how requests change it. Pure. Source: Vault's "KV secrets engine - version 2 (API)". */
import { Refusal } from "./exchange";

export interface Version {
  readonly createdTime: string;
  /** Empty while the version can be read. */
  readonly deletionTime: string;
  readonly destroyed: boolean;
  readonly data: Readonly<Record<string, unknown>> | null;
}

export interface Entry {
  readonly createdTime: string;
  readonly updatedTime: string;
  readonly currentVersion: number;
  readonly versions: Readonly<Record<string, Version>>;
  readonly settings: KvSettings;
}

export interface KvSettings {
  readonly casRequired: boolean;
  /** 0: as the mount says, or 10. */
  readonly maxVersions: number;
}

const MAX_VERSIONS = 10;
const NO_SETTINGS: KvSettings = { casRequired: false, maxVersions: 0 };

export function emptyEntry(now: string): Entry {
  return { createdTime: now, updatedTime: now, currentVersion: 0, versions: {}, settings: NO_SETTINGS };
}

/** Adds a version. @throws Refusal 400 when check-and-set says no. */
export function writeVersion(entry: Entry, mount: KvSettings, data: Version["data"], cas: unknown, now: string): Entry {
  const { casRequired, maxVersions } = entry.settings;
  if (cas === undefined && (casRequired || mount.casRequired)) {
    throw new Refusal(400, "check-and-set parameter required for this call");
  }
  if (cas !== undefined && cas !== entry.currentVersion) {
    throw new Refusal(400, "check-and-set parameter did not match the current version");
  }
  const currentVersion = entry.currentVersion + 1;
  const version: Version = { createdTime: now, deletionTime: "", destroyed: false, data };
  const kept = maxVersions || mount.maxVersions || MAX_VERSIONS;
  const all: [string, Version][] = [...Object.entries(entry.versions), [String(currentVersion), version]];
  const versions = Object.fromEntries(all.filter(([number]) => Number(number) > currentVersion - kept));
  return { ...entry, currentVersion, versions, updatedTime: now };
}

/** What `delete`, `undelete` and `destroy` make of these versions. */
export function changeVersions(
  entry: Entry,
  numbers: readonly number[],
  change: "delete" | "undelete" | "destroy",
  now: string,
): Entry {
  const changed = Object.entries(entry.versions).map(([number, version]) => {
    return [number, numbers.includes(Number(number)) ? CHANGES[change](version, now) : version] as const;
  });
  return { ...entry, versions: Object.fromEntries(changed), updatedTime: now };
}

const CHANGES: Readonly<Record<"delete" | "undelete" | "destroy", (version: Version, now: string) => Version>> = {
  delete: (version, now) => (version.deletionTime === "" ? { ...version, deletionTime: now } : version),
  undelete: (version) => (version.destroyed ? version : { ...version, deletionTime: "" }),
  destroy: (version) => ({ ...version, destroyed: true, data: null }),
};

/** A version in the form of the API. */
export function renderVersion(number: number, { createdTime, deletionTime, destroyed }: Version) {
  return { version: number, created_time: createdTime, deletion_time: deletionTime, destroyed, custom_metadata: null };
}
