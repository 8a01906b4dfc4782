/** What is served below a mount of KV version 2: `data`, `delete`, `undelete`, `destroy`, `metadata`, `config`. */
import { type Answer, DONE, ok, Refusal, type Request, recordAt, unsupported } from "./exchange";
import { changeVersions, type Entry, emptyEntry, type KvSettings, renderVersion, writeVersion } from "./kv";
import type { Storage } from "./storage";

export interface KvPlace {
  readonly mount: string;
  /** `data`, `metadata`, ... */
  readonly operation: string;
  /** The secret's path in the mount; empty for the mount itself. */
  readonly path: string;
}

/** A real Vault deletes versions by age; a rehearsal keeps them, and says so. */
const IGNORED = "delete_version_after is ignored by the local Vault: versions stay until they are deleted";

export function serveKv(storage: Storage, place: KvPlace, request: Request): Answer {
  const key = `${place.mount}/${place.path}`;
  const entry = storage.find(key);
  const now = new Date().toISOString();
  const settings = settingsIn(storage.system.mounts[place.mount]?.config ?? {});
  const change = (numbers: readonly number[], kind: "delete" | "undelete" | "destroy") => {
    if (entry) storage.save(key, changeVersions(entry, numbers, kind, now));
    return DONE;
  };
  switch (`${request.method} ${place.operation}`) {
    case "GET data":
      return readVersion(entry, request);
    case "POST data": {
      const { cas } = recordAt(request.body, "options");
      const next = writeVersion(entry ?? emptyEntry(now), settings, recordAt(request.body, "data"), cas, now);
      storage.save(key, next);
      return ok(currentOf(next));
    }
    case "DELETE data":
      return change([entry?.currentVersion ?? 0], "delete");
    case "POST delete":
    case "POST undelete":
    case "POST destroy":
      return change(versionsIn(request), place.operation as "delete" | "undelete" | "destroy"); // the case says so
    case "GET metadata":
      return ok(renderMetadata(entry ?? missing()));
    case "LIST metadata":
      return ok({ keys: list(storage, place) });
    case "POST metadata":
      storage.save(key, { ...(entry ?? emptyEntry(now)), settings: settingsIn(request.body) });
      return done(request);
    case "DELETE metadata":
      storage.remove(key);
      return DONE;
    case "GET config":
      return ok({ cas_required: settings.casRequired, max_versions: settings.maxVersions, delete_version_after: "0s" });
    case "POST config":
      return configure(storage, place.mount, request);
    default:
      throw unsupported(request);
  }
}

function readVersion(entry: Entry | undefined, { query }: Request): Answer {
  const number = Number(query.get("version")) || (entry?.currentVersion ?? 0);
  const version = entry?.versions[number];
  if (!version) return missing();
  const readable = version.deletionTime === "" && !version.destroyed;
  const answer = ok({ data: readable ? version.data : null, metadata: renderVersion(number, version) });
  return { ...answer, status: readable ? 200 : 404 };
}

function configure(storage: Storage, name: string, request: Request): Answer {
  const { mounts } = storage.system;
  const mount = mounts[name];
  if (!mount) return missing();
  const { cas_required, max_versions } = { ...mount.config, ...request.body };
  storage.saveSystem({ mounts: { ...mounts, [name]: { ...mount, config: { cas_required, max_versions } } } });
  return done(request);
}

/** Names right below the path; what lies deeper shows as `name/`. */
function list(storage: Storage, { mount, path }: KvPlace): readonly string[] {
  const prefix = path === "" ? `${mount}/` : `${mount}/${path}/`;
  const below = storage.keys().filter((key) => key.startsWith(prefix));
  const names = new Set(below.map((key) => key.slice(prefix.length).replace(/\/.*/, "/")));
  return names.size > 0 ? [...names].sort() : missing();
}

function renderMetadata(entry: Entry) {
  const versions = Object.entries(entry.versions).map(([number, version]) => {
    return [number, renderVersion(Number(number), version)] as const;
  });
  return {
    created_time: entry.createdTime,
    updated_time: entry.updatedTime,
    current_version: entry.currentVersion,
    oldest_version: Math.min(...Object.keys(entry.versions).map(Number)),
    cas_required: entry.settings.casRequired,
    max_versions: entry.settings.maxVersions,
    versions: Object.fromEntries(versions),
  };
}

function currentOf(entry: Entry) {
  const version = entry.versions[entry.currentVersion];
  return version ? renderVersion(entry.currentVersion, version) : missing();
}

function settingsIn(body: Readonly<Record<string, unknown>>): KvSettings {
  return { casRequired: body.cas_required === true, maxVersions: Number(body.max_versions ?? 0) };
}

function versionsIn({ body }: Request): readonly number[] {
  if (!Array.isArray(body.versions)) throw new Refusal(400, "no version number provided");
  return body.versions.map(Number);
}

function done({ body }: Request): Answer {
  return body.delete_version_after === undefined ? DONE : ok(null, { warnings: [IGNORED] });
}

function missing(): never {
  throw new Refusal(404);
}
