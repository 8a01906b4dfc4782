/** What a stack's dashboard shows, as CloudWatch reads it. Pure. */
import { CPU_PERCENT, REPLICA_LAG_SECONDS, TRANSACTION_IDS } from "./alarm-thresholds";
import type { WatchedServer } from "./server-alarms";

/** The servers of a region; a dashboard may show several. */
export interface ShownRegion {
  readonly region: string;
  readonly servers: readonly Pick<WatchedServer, "cell" | "identifier" | "replicaIdentifiers">[];
}

interface Graph {
  readonly title: string;
  readonly metric: string;
  readonly stat: "Average" | "Maximum" | "Minimum";
  /** Which servers are worth a look when there are more than a graph can show. */
  readonly first: "largest" | "smallest";
  /** Of read replicas instead of servers. */
  readonly ofReplicas?: true;
  /** Where the alarm is, if it is the same for all servers. */
  readonly alarmAt?: number;
}

const GRAPHS: readonly Graph[] = [
  { title: "CPU, percent", metric: "CPUUtilization", stat: "Average", first: "largest", alarmAt: CPU_PERCENT },
  { title: "Free storage, bytes", metric: "FreeStorageSpace", stat: "Minimum", first: "smallest" },
  { title: "Connections", metric: "DatabaseConnections", stat: "Maximum", first: "largest" },
  {
    title: "Used transaction ids",
    metric: "MaximumUsedTransactionIDs",
    stat: "Maximum",
    first: "largest",
    alarmAt: TRANSACTION_IDS,
  },
  {
    title: "Held back by replication slots, bytes",
    metric: "OldestReplicationSlotLag",
    stat: "Maximum",
    first: "largest",
  },
  {
    title: "Replica lag, seconds",
    metric: "ReplicaLag",
    stat: "Average",
    first: "largest",
    ofReplicas: true,
    alarmAt: REPLICA_LAG_SECONDS,
  },
];

/** CloudWatch's grid is 24 wide. */
const WIDTH = 8;
const HEIGHT = 6;
const COLUMNS = 24 / WIDTH;
const HEADING_HEIGHT = 1;
const REGION_HEIGHT = HEADING_HEIGHT + HEIGHT * Math.ceil(GRAPHS.length / COLUMNS);
/** More lines than these in one graph cannot be told apart. */
const MOST_LINES = 10;

/** JSON. Regions without servers are left out; of many servers each graph shows the ten that are worst off. */
export function dashboardBody(regions: readonly ShownRegion[]): string {
  const shown = regions.filter(({ servers }) => servers.length > 0);
  return JSON.stringify({ widgets: shown.flatMap((region, index) => regionWidgets(region, index * REGION_HEIGHT)) });
}

function regionWidgets({ region, servers }: ShownRegion, top: number) {
  const heading = { type: "text", x: 0, y: top, width: 24, height: HEADING_HEIGHT };
  const graphs = GRAPHS.flatMap((graph, index) => {
    const lines = graph.ofReplicas ? servers.flatMap(replicaLines) : servers.map(serverLine);
    if (lines.length === 0) return [];
    const x = (index % COLUMNS) * WIDTH;
    const y = top + HEADING_HEIGHT + Math.floor(index / COLUMNS) * HEIGHT;
    return [{ type: "metric", x, y, width: WIDTH, height: HEIGHT, properties: propertiesOf(graph, region, lines) }];
  });
  return [{ ...heading, properties: { markdown: `## ${region}` } }, ...graphs];
}

interface Line {
  readonly label: string;
  readonly identifier: string;
}

const serverLine = ({ cell, identifier }: ShownRegion["servers"][number]): Line => ({ label: cell, identifier });

const replicaLines = ({ cell, replicaIdentifiers }: ShownRegion["servers"][number]): Line[] =>
  replicaIdentifiers.map((identifier, index) => ({ label: `${cell} ${index + 1}`, identifier }));

function propertiesOf({ title, metric, stat, first, alarmAt }: Graph, region: string, lines: readonly Line[]) {
  const many = lines.length > MOST_LINES;
  const order = first === "largest" ? "MAX, DESC" : "MIN, ASC";
  const worst = { expression: `SORT(METRICS(), ${order}, ${MOST_LINES})`, id: "worst" };
  const metrics = lines.map(({ label, identifier }, index) => {
    const hidden = many ? { id: `m${index}`, visible: false } : {};
    return ["AWS/RDS", metric, "DBInstanceIdentifier", identifier, { label, ...hidden }];
  });
  return {
    title,
    region,
    stat,
    period: 300,
    view: "timeSeries",
    metrics: many ? [[worst], ...metrics] : metrics,
    ...(alarmAt === undefined ? {} : { annotations: { horizontal: [{ label: "alarm", value: alarmAt }] } }),
  };
}
