import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bucketName, bucketPrefix } from "../registry/names";
import type { CellPlacement, DirectoryRow, FilesPlace } from "../registry/types";
import { AccessLogs } from "./access-logs";
import { distinctClasses } from "./backup-class";
import { BackupPlans } from "./backup-plans";
import { Cell, type CellArgs } from "./cell";
import { type CellSettings, settingsOf } from "./cell-settings";
import { createDashboard } from "./dashboard";
import { DedicatedTenant } from "./dedicated-tenant";
import { type Fences, fencesOf } from "./fences";
import type { Stack } from "./load-stack";
import { Notifications } from "./notifications";
import { Region } from "./region";
import { Roster } from "./roster";
import { ServerAlarms, type WatchedServer } from "./server-alarms";
import { serverLinesOf } from "./server-lines";
import type { StackConfig } from "./stack-config";
import { defaultTags } from "./tags";
import { TenantFiles } from "./tenant-files";
import { TenantSecrets } from "./tenant-secrets";

/** Everything that a stack's registry asks for. The number of resources follows servers and regions, not tenants. */
export class TenantEstate extends pulumi.ComponentResource {
  /** Where every tenant of the stack is, by slug. */
  readonly directory: pulumi.Output<readonly DirectoryRow[]>;
  /** Where the files of the tenants of each cell are. */
  readonly files: pulumi.Output<readonly FilesPlace[]>;
  private readonly filesPlaces: pulumi.Output<FilesPlace>[] = [];
  private readonly providers = new Map<string, aws.Provider>();

  constructor(
    name: string,
    private readonly stack: Stack,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("tenantry:components:TenantEstate", name, {}, opts);
    const { config, estate } = stack;
    const servers = serverLinesOf(estate, stack.name, config);
    const roster = new Roster("roster", { tenants: estate.roster, servers, ...elsewhereOf(config) }, { parent: this });
    const secrets = config.ownsShared ? this.createSecrets("secrets") : undefined;
    // A region outlives its last cell: the bucket and the backups of tenants that left stay where they are.
    const directories = Object.keys(config.regions).flatMap((name) => {
      const region = this.openRegion(name);
      const accessLogs = this.createAccessLogs(region);
      if (config.ownsShared) this.createFiles(region, accessLogs);
      const backups = this.createBackups(region);
      if (config.alarms) this.createAlarms(region, backups);
      const cells = estate.cells.filter((cell) => cell.region === name);
      return cells.map((cell) => this.createCell(cell, { region, accessLogs, roster, secrets }));
    });
    if (config.alarms) this.showServers("dashboard");
    this.directory = pulumi.all(directories).apply(bySlug);
    this.files = pulumi.all(this.filesPlaces);
    this.registerOutputs();
  }

  private createSecrets(name: string): TenantSecrets {
    const { vaultAddress: address, vaultMount: mount, kubernetesAuth } = this.stack.config;
    const { protect } = this.fencesOfShared();
    const args = { address, mount, protect, ...(kubernetesAuth === undefined ? {} : { kubernetesAuth }) };
    return new TenantSecrets(name, args, { parent: this });
  }

  private openRegion(region: string): Region {
    const network = this.stack.config.regions[region];
    if (network === undefined) throw new Error(`the configuration has no network for the region ${region}`);
    return new Region(region, { region, network, provider: this.providerFor(region) }, { parent: this });
  }

  /**
   * One provider per region, with cells or with copies of backups alone. Each is a process of 170 to 430 MB:
   * https://github.com/pulumi/pulumi-aws/issues/5226, https://github.com/pulumi/pulumi-aws/issues/5860
   */
  private providerFor(region: string): aws.Provider {
    const { name: stack, config } = this.stack;
    const tags = { ...defaultTags(stack, config.owner) };
    const options = { parent: this };
    const provider =
      this.providers.get(region) ?? new aws.Provider(`${region}-aws`, { region, defaultTags: { tags } }, options);
    this.providers.set(region, provider);
    return provider;
  }

  /** In every stack: one that owns nothing shared has buckets of dedicated tenants. */
  private createAccessLogs(region: Region): AccessLogs {
    const { name: stack, config } = this.stack;
    const args = {
      bucket: bucketName(config.bucketPrefix, stack, { logsOf: region.region }),
      bucketPrefix: bucketPrefix(config.bucketPrefix, stack),
      region,
      fences: this.fencesOfShared(),
      tags: {},
    };
    return new AccessLogs(`access-logs-${region.region}`, args, { parent: this });
  }

  /** The bucket that a region has once, in the one stack that owns it. */
  private createFiles(region: Region, accessLogs: AccessLogs): void {
    const { name: stack, config, estate } = this.stack;
    const fences = this.fencesOfShared();
    const bucket = bucketName(config.bucketPrefix, stack, { region: region.region });
    const shared = estate.cells.filter((cell) => cell.kind === "shared" && cell.region === region.region);
    const cells = shared.map(({ name }) => name);
    const files = { bucket, region, cells, accessLogs, fences, tags: {}, ...brokerOf(config) };
    this.filesPlaces.push(new TenantFiles(`files-${region.region}`, files, { parent: this }).place);
  }

  /** In every stack: a plan finds the servers of its own stack alone. */
  private createBackups(region: Region): BackupPlans {
    const { name: stack, config, estate } = this.stack;
    const fences = this.fencesOfShared();
    const cells = estate.cells.filter((cell) => cell.region === region.region);
    const classes = distinctClasses(cells.flatMap((cell) => this.settingsOf(cell).backup ?? []));
    const { backupLockDays: lockDays } = config;
    const backups = { stack, region, classes, fences, ...(lockDays === undefined ? {} : { lockDays }) };
    const providerFor = (copyTo: string) => this.providerFor(copyTo);
    return new BackupPlans(`backups-${region.region}`, { ...backups, providerFor }, { parent: this });
  }

  private createAlarms(region: Region, { roleArn: backupRoleArn }: BackupPlans): void {
    const { name: stack, config } = this.stack;
    const servers = this.serversIn(region.region);
    const identifiers = servers.flatMap(({ identifier, replicaIdentifiers }) => [identifier, ...replicaIdentifiers]);
    const told = { stack, region, backupRoleArn, identifiers, endpoints: config.alarmEndpoints ?? [] };
    const { topicArn } = new Notifications(`notifications-${region.region}`, told, { parent: this });
    new ServerAlarms(`alarms-${region.region}`, { region, topicArn, servers }, { parent: this });
  }

  private showServers(name: string): void {
    const { name: stack, config } = this.stack;
    const regions = Object.keys(config.regions).map((region) => ({ region, servers: this.serversIn(region) }));
    const provider = regions[0] && this.providerFor(regions[0].region);
    createDashboard(name, { stack, regions }, { parent: this, ...(provider && { provider }) });
  }

  private serversIn(region: string): readonly WatchedServer[] {
    const cells = this.stack.estate.cells.filter((cell) => cell.region === region);
    return cells.map((cell) => ({ cell: cell.name, size: cell.server, ...this.settingsOf(cell) }));
  }

  private createCell(
    placement: CellPlacement,
    { region, accessLogs, roster, secrets }: Surroundings,
  ): pulumi.Output<readonly DirectoryRow[]> {
    const { config, estate, sql } = this.stack;
    const settings = this.settingsOf(placement);
    const { tenant, identifier, replicaIdentifiers, fences, tags, retentionDays, backup, adoption, namedBy } = settings;
    const args: CellArgs = {
      placement,
      region,
      identifier,
      replicaIdentifiers,
      fences,
      tags,
      retentionDays,
      ...(backup === undefined ? {} : { backup }),
      roster,
      sql,
      plans: estate.plans,
      database: config.databaseName,
      adminUsername: adoption?.adminUsername ?? config.adminUsername,
      ...(adoption === undefined ? {} : { adoption }),
      multiAz: config.multiAz,
      sslmode: config.tls,
      vault: { address: config.vaultAddress, mount: config.vaultMount },
      ...(secrets === undefined ? {} : { secrets }),
      ...(config.certificateBundle === undefined ? {} : { caFile: config.certificateBundle }),
    };
    if (tenant === undefined) return new Cell(placement.name, args, { parent: this }).directory;
    const dedicated = {
      ...args,
      tenantId: tenant.id,
      bucket: bucketName(config.bucketPrefix, namedBy, { slug: placement.name, id: tenant.id }),
      accessLogs,
      ...brokerOf(config),
      ...(placement.key === undefined ? {} : { customerKeyArn: placement.key }),
    };
    const own = new DedicatedTenant(placement.name, dedicated, { parent: this });
    this.filesPlaces.push(own.files);
    return own.directory;
  }

  private fencesOfShared(): Fences {
    return fencesOf({ retain: this.stack.config.deletionProtection, leaving: false });
  }

  private settingsOf(cell: CellPlacement): CellSettings {
    return settingsOf(cell, this.stack.name, this.stack.config);
  }
}

/** What a cell needs of its stack and its region. */
interface Surroundings {
  readonly region: Region;
  readonly accessLogs: AccessLogs;
  readonly roster: Roster;
  readonly secrets: TenantSecrets | undefined;
}

const elsewhereOf = ({ elsewhere }: StackConfig) => (elsewhere === undefined ? {} : { elsewhere });

const brokerOf = ({ brokerRoleArn }: StackConfig) => (brokerRoleArn === undefined ? {} : { brokerRoleArn });

const bySlug = (directories: readonly (readonly DirectoryRow[])[]): readonly DirectoryRow[] =>
  directories.flat().sort((a, b) => (a.slug < b.slug ? -1 : 1));
