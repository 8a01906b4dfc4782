/** Every error that a user can meet has a code here, and nowhere else. A code never changes its meaning. */

export const CODES = {
  // TN-1xx: the registry
  "TN-101": "a file of the registry cannot be read",
  "TN-102": "not YAML, or a YAML construct that the registry does not accept",
  "TN-103": "a key that is not known",
  "TN-104": "a value of the wrong type or outside of what is allowed",
  "TN-105": "a key that is written twice",
  "TN-106": "a name that breaks the rules for names",
  "TN-107": "a cell that does not exist",
  "TN-108": "a plan that does not exist",
  "TN-109": "a quota that no table file declares",
  "TN-110": "something that must be written is missing",
  "TN-111": "a key that does not fit the tenant's tier",
  "TN-112": "a region that breaks the tenant's residency",
  "TN-113": "a backup copy that could not be made",
  "TN-114": "a move (`from`) that makes no sense",
  "TN-115": "`tables: own` where Tenantry must own the tables",
  "TN-116": "a cell that is full",
  "TN-117": "too many servers in a region",
  "TN-118": "a name or id that is taken",
  "TN-119": "a line that is not in canonical form",
  "TN-120": "a quota directive in a table file that cannot be read",
  "TN-121": "no cell can take the tenant",
  "TN-122": "a KMS key of another region than what it encrypts",
  "TN-123": "a file that somebody else changed meanwhile",
  "TN-124": "a cell that retires while tenants live on it",
  "TN-125": "read replicas that could not serve",

  // TN-5xx: the local engine (501 to 519) and its stand-ins
  "TN-501": "another command holds the lock of the stack",
  "TN-502": "a state file that is damaged",
  "TN-503": "secrets of the state that cannot be opened",
  "TN-504": "a project or stack file that cannot be used",
  "TN-505": "something of Pulumi that the local engine does not do",
  "TN-506": "a package or type without a stand-in on this machine",
  "TN-507": "a protected resource that would be deleted or replaced",
  "TN-508": "a destroy without the words that it needs",
  "TN-509": "the local engine cannot use its directory",
  "TN-510": "a damaged file of a server or of the Vault of this machine",
  "TN-511": "a program that cannot be evaluated",

  // TN-4xx: Vault (thrown by vault/, which imports nothing and spells them out once more)
  "TN-401": "no Vault token",
  "TN-402": "Vault does not answer",
  "TN-403": "Vault is sealed or not initialised",
  "TN-404": "Vault denies the token",
  "TN-405": "not a KV version 2 mount",
  "TN-406": "Vault refuses the request",
  "TN-407": "the secret changed meanwhile",

  // TN-52x: stand-ins of the local engine
  "TN-520": "a PostgreSQL server of this machine does not start or stop",
  "TN-521": "a directory that the user of PostgreSQL cannot reach",
  "TN-522": "a full disk",
  "TN-523": "no user to run PostgreSQL as",
  "TN-524": "no PostgreSQL binaries for this machine",
  "TN-525": "the local Vault does not start or stop",
  "TN-527": "something that a stand-in does not do",
  "TN-528": "a database that refuses what a stand-in asks",
  "TN-529": "stand-ins that the Pulumi CLI cannot use as plugins",

  // TN-2xx: the provider
  "TN-201": "inputs of a resource that cannot be read",
  "TN-202": "a cell that cannot be removed while tenants live on it",
  "TN-203": "some tenants of a cell could not be done",
  "TN-204": "a change of a tenant that would lose its data, or move them",
  "TN-205": "a change of a server that would lose its data, or restart it unasked",

  // TN-3xx: the database
  "TN-301": "a server that cannot be reached",
  "TN-302": "a server whose version is too old",
  "TN-303": "a connection without TLS, or an address to dial that is none",
  "TN-304": "a cell without its database, or whose admin may not do what it must",
  "TN-305": "another run works on the cell",
  "TN-306": "a database that belongs to another cell",
  "TN-307": "an applied SQL file that was changed or is gone",
  "TN-308": "a role or schema that Tenantry did not make",
  "TN-309": "the schema of a tenant is missing",
  "TN-310": "a tenant that was removed comes back with its old id",
  "TN-311": "a schema that still holds the data of a removed tenant",
  "TN-312": "a tenant that vanished without having been offboarded",
  "TN-313": "a tenant whose tier, id or tables changed in place",
  "TN-314": "a prepared target that nothing was moved to",
  "TN-315": "the connection was lost in the middle of a run",
  "TN-316": "a secret that cannot be used",
  "TN-317": "drift that only a person can repair",
  "TN-318": "an SQL file that fails",
  "TN-319": "a prepared target that is not empty",
  "TN-320": "a tenant of a plan that the cell was not told",
  "TN-321": "a login that cannot be rotated",
  // TN-33x: the SQL files
  "TN-331": "an SQL file whose name is not the next number",
  "TN-332": "a directive in an SQL file that cannot be read",
  "TN-333": "a key or reference of a table that leaves tenant_id out",
  "TN-334": "a lint that cannot be read or run",
  "TN-335": "a look-up of sign-in that the tables cannot serve",
  "TN-336": "a quota that the tables cannot be counted for",
  // TN-34x: proofs
  "TN-341": "a cell in which no tenants to attack can be made",

  // TN-6xx: the command line
  "TN-601": "an estate that cannot be found",
  "TN-602": "a tenant that the registry or the estate does not have",
  "TN-603": "a secret that Vault does not hold",
  "TN-604": "a statement that the database refused",
  "TN-605": "an estate of this machine that is stopped",
  "TN-606": "an option or a name that the format does not have",
  "TN-607": "a secret that no pod may read",
  "TN-608": "a cell that the estate does not have",
  "TN-609": "a file for a report that cannot be written",

  // TN-7xx: the stack configuration
  "TN-701": "a value of the stack configuration that is missing",
  "TN-702": "a value of the stack configuration that is not allowed",
  "TN-703": "a key of the stack configuration that is not known",
  "TN-704": "the stack configuration contradicts itself or the registry",
  "TN-705": "a network that cannot be found by its tag",

  // TN-9xx: the client (thrown by client/, which imports types alone and spells them out once more)
  "TN-901": "a tenant that the directory does not have",
  "TN-902": "a tenant that is not active",
  "TN-903": "a directory that cannot be read",
  "TN-904": "a secret that the client cannot use",
  "TN-905": "a login that is refused",
  "TN-906": "no connection, or none in time",
  "TN-907": "a statement that began or ended a transaction itself",
  "TN-908": "a transaction that is used after its end",
  "TN-909": "a transaction that was rolled back because a failure was swallowed",
  "TN-910": "a commit whose outcome is not known",
  "TN-911": "a client that is closed",
  "TN-912": "an option of `connect` that is not allowed",

  // TN-8xx: policies
  "TN-801": "a configuration of policies that cannot be used",
} as const;

export type Code = keyof typeof CODES;

/** An error for people: the message says what was got, what is allowed and what to type, and ends with the code. */
export class TenantryError extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(`${message} [${code}]`);
    this.name = "TenantryError";
    this.code = code;
  }
}

/** One thing that is wrong, or (with `warning`) soon will be, at one place of one file. */
export interface Finding {
  readonly code: Code;
  readonly severity: "error" | "warning";
  readonly file: string;
  /** From 1; 1:1 where the finding concerns the whole file. */
  readonly line: number;
  readonly col: number;
  /** Keys from the top of the file, such as `tenants.acme.plan`; empty for the whole file. */
  readonly path: string;
  /** What is wrong; what is allowed; what to type. */
  readonly message: string;
}

/** `file:line:col path: message [TN-nnn]`, as editors and terminals make it clickable. */
export function renderFinding(finding: Finding): string {
  const { file, line, col, path, message, code, severity } = finding;
  const subject = path === "" ? "" : ` ${path}`;
  return `${file}:${line}:${col}${subject}: ${severity === "warning" ? "warning: " : ""}${message} [${code}]`;
}

/** Everything that is wrong with a registry, all at once. */
export class RegistryErrors extends Error {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const count = findings.length === 1 ? "1 error" : `${findings.length} errors`;
    super(`${count} in the registry:\n${findings.map((finding) => `  ${renderFinding(finding)}`).join("\n")}`);
    this.name = "RegistryErrors";
    this.findings = findings;
  }
}
