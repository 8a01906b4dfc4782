/** What holds data is not deleted by mistake: neither by the engine nor by the service. */
import { isRehearsal } from "../config";
import { isGiven, isOrMayBe, type Values, valuesOf } from "../plain";
import { type Subject, stackRule } from "../rule";
import { tagsOf } from "../tags";

interface Fence {
  /** Fences that come down when the data's owner leaves. */
  readonly standing?: readonly Want[];
  /** Fences that stay to the end. */
  readonly last?: readonly Want[];
  /** Refusing to delete is the service's work: it does while there is anything inside. */
  readonly unprotected?: true;
}

interface Want {
  readonly holds: (props: Values) => boolean;
  readonly say: string;
}

const must = (property: string, value: boolean): Want => ({
  holds: (props) => (value ? isOrMayBe(props[property], true) : props[property] !== true),
  say: `${property} must be ${value ? "true" : "false"}`,
});

const FINAL_SNAPSHOT: readonly Want[] = [
  must("skipFinalSnapshot", false),
  {
    holds: ({ finalSnapshotIdentifier }) => isGiven(finalSnapshotIdentifier),
    say: "finalSnapshotIdentifier must name the final snapshot",
  },
];
const DATABASE: Fence = { standing: [must("deletionProtection", true)], last: FINAL_SNAPSHOT };
const KEEPS_CONTENT: readonly Want[] = [must("forceDestroy", false)];

const INSTANCE = "aws:rds/instance:Instance";
const KEY = "aws:kms/key:Key";
const VAULT = "aws:backup/vault:Vault";

/** Types that hold data, or what opens it. */
const FENCES: Readonly<Record<string, Fence>> = {
  [INSTANCE]: {
    ...DATABASE,
    last: [
      ...FINAL_SNAPSHOT,
      {
        holds: ({ deleteAutomatedBackups }) => deleteAutomatedBackups !== true,
        say: "deleteAutomatedBackups must be false",
      },
    ],
  },
  "aws:rds/cluster:Cluster": DATABASE,
  "aws:docdb/cluster:Cluster": DATABASE,
  "aws:neptune/cluster:Cluster": DATABASE,
  "aws:redshift/cluster:Cluster": { last: FINAL_SNAPSHOT },
  "aws:dynamodb/table:Table": { standing: [must("deletionProtectionEnabled", true)] },
  "aws:s3/bucket:Bucket": { last: KEEPS_CONTENT },
  "aws:s3/bucketV2:BucketV2": { last: KEEPS_CONTENT },
  [VAULT]: { last: KEEPS_CONTENT, unprotected: true },
  [KEY]: {},
  "aws:efs/fileSystem:FileSystem": {},
  "aws:ebs/volume:Volume": {},
  "aws:secretsmanager/secret:Secret": {},
  "tenantry:index:CellTenants": {},
  "vault:index/mount:Mount": {},
};

/** A copy of a server that exists anyway: RDS makes no final snapshot of it. */
const isReplica = ({ type, props }: Subject) => type === INSTANCE && isGiven(props.replicateSourceDb);

/** True for data, and for what opens it. */
export const holdsData = (subject: Subject): boolean => Object.hasOwn(FENCES, subject.type) && !isReplica(subject);

export const deletionProtection = stackRule({
  name: "deletion-protection",
  description:
    "Databases, buckets, keys, file systems, the tenants of a cell and the place of their secrets are protected in the program; servers also in RDS, with a final snapshot; nothing empties a bucket or a vault in order to delete it.",
  severity: "critical",
  remediation:
    "Take the fences from the stack (`fences`), or write `status: offboarding` at a tenant that leaves, `status: retiring` at a cell. A stack that may be thrown away says `tenantry:deletionProtection: false`",
  config: {
    properties: {
      rehearsal: { type: "boolean", description: "The stack may be thrown away with everything in it", default: false },
    },
  },
  concerns: holdsData,
  check: (subject, config, stack) => {
    if (isRehearsal(config) || isKeyOfOthers(subject, stack)) return [];
    const { standing = [], last = [], unprotected = false } = FENCES[subject.type] ?? {};
    const leaves = isLeaving(subject, stack);
    const protect = subject.options.protect || unprotected || leaves ? [] : ["It must have the option protect"];
    const wanted = leaves ? last : [...standing, ...last];
    return [...protect, ...wanted.filter(({ holds }) => !holds(subject.props)).map(({ say }) => say)];
  },
});

/** Messages pass under a topic's key, and none is kept. A vault and its key stay in AWS when the last tenant with copies goes. */
const KEPT_OTHERWISE: readonly string[] = ["aws:sns/topic:Topic", VAULT];

/** A key that nothing but topics and vaults is made from. */
function isKeyOfOthers({ type, urn }: Subject, stack: readonly Subject[]): boolean {
  if (type !== KEY) return false;
  const users = stack.filter(({ madeFrom }) => madeFrom.includes(urn));
  return users.length > 0 && users.every((user) => KEPT_OTHERWISE.includes(user.type));
}

/**
 * Whether the registry lets go of the cell that the resource belongs to: the line of its server in the roster says so, which the
 * provider checks against tenants and the last `up`. A tag alone excuses nothing.
 */
function isLeaving(subject: Subject, stack: readonly Subject[]): boolean {
  const cell = subject.type === "tenantry:index:CellTenants" ? subject.props.cell : tagsOf(subject)["tenantry:cell"];
  if (typeof cell !== "string") return false;
  const lines = stack
    .filter(({ type }) => type === "tenantry:index:Roster")
    .map(({ props }) => valuesOf(props.servers)[cell]);
  return lines.some((line) => typeof line === "string" && letsGo(line.split(" "), subject));
}

/** A line names its server, so that no other server leaves under its cell's tag. */
const letsGo = (words: readonly string[], { type, props: { identifier } }: Subject): boolean =>
  words.includes("status=leaving") && (type !== INSTANCE || words.includes(`id=${String(identifier)}`));
