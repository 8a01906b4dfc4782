import * as pulumi from "@pulumi/pulumi";
import type { CellPlacement, DirectoryRow } from "../registry/types";
import type { BackupClass } from "./backup-class";
import { CellDatabase } from "./cell-database";
import { type CellConnection, CellTenants } from "./cell-tenants";
import { createEncryptionKey } from "./encryption-key";
import type { Fences } from "./fences";
import { movedFrom } from "./moved";
import { PostgresServer } from "./postgres-server";
import { withReaders } from "./readers";
import type { Region } from "./region";
import type { Roster } from "./roster";
import type { Adoption } from "./stack-config";
import type { Tags } from "./tags";
import type { TenantSecrets } from "./tenant-secrets";

export interface CellArgs {
  readonly placement: CellPlacement;
  readonly region: Region;
  /** RDS identifier of the server. */
  readonly identifier: string;
  /** RDS identifiers of its read replicas. */
  readonly replicaIdentifiers: readonly string[];
  readonly database: string;
  readonly adminUsername: string;
  readonly multiAz: boolean;
  /** Days of RDS's own backups. */
  readonly retentionDays: number;
  /** What AWS Backup takes of the server. @default nothing: RDS's own backups alone */
  readonly backup?: BackupClass;
  readonly sslmode: CellConnection["sslmode"];
  readonly fences: Fences;
  readonly tags: Tags;
  /** How the server came into the stack. @default the stack makes it */
  readonly adoption?: Adoption;
  readonly vault: { readonly address: string; readonly mount: string };
  /** Plan name to canonical line. */
  readonly plans: Readonly<Record<string, string>>;
  /** SQL file to digest of its text. */
  readonly sql: Readonly<Record<string, string>>;
  /** Refuses, before anything else happens, what would lose a tenant. */
  readonly roster: Roster;
  /** The mount that secrets are written to, when this stack owns it. */
  readonly secrets?: TenantSecrets;
  /** PEM file of the authorities to trust, relative to the project. @default the system's own */
  readonly caFile?: string;
  /** ARN of the KMS key. @default a key of the cell's own */
  readonly keyArn?: pulumi.Input<string>;
}

/** One PostgreSQL server with the tenants that live on it. A dedicated tenant's cell has one tenant. */
export class Cell extends pulumi.ComponentResource {
  /** Where each tenant of the cell is. */
  readonly directory: pulumi.Output<readonly DirectoryRow[]>;
  /** Of what moves with the cell. */
  private readonly within: pulumi.ResourceOptions;

  constructor(name: string, args: CellArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:Cell", name, {}, { ...opts, providers: [args.region.provider] });

    this.within = { parent: this, ...movedFrom(args.adoption) };
    const keyArn = args.keyArn ?? args.adoption?.keyArn ?? this.createKey(`${name}-key`, args);
    const server = this.createServer(name, args, keyArn);
    const connection = connectionTo(server, args);
    const database = this.createDatabase(name, args, connection, server);
    const { directory } = this.createTenants(`${name}-tenants`, args, connection, database);
    this.directory = withReaders(directory, server.replicas);
    this.registerOutputs();
  }

  private createKey(name: string, { placement, region, fences, tags }: CellArgs): pulumi.Output<string> {
    const description = `Data of the Tenantry cell ${placement.name}`;
    const services = ["rds", "backup"] as const;
    return createEncryptionKey(name, { description, region, services, fences, tags }, this.within).arn;
  }

  private createServer(name: string, args: CellArgs, keyArn: pulumi.Input<string>): PostgresServer {
    const { placement, identifier, replicaIdentifiers, region, adminUsername, multiAz } = args;
    const { retentionDays, backup, fences, tags, adoption, roster } = args;
    const { postgres, server: size, allow = [] } = placement;
    return new PostgresServer(
      name,
      {
        identifier,
        replicaIdentifiers,
        postgres,
        size,
        region,
        keyArn,
        adminUsername,
        multiAz,
        retentionDays,
        ...(backup === undefined ? {} : { backup }),
        allowMajorUpgrade: allow.includes("reboot"),
        fences,
        tags,
        ...(adoption === undefined ? {} : { adoption }),
        after: [roster],
      },
      this.within,
    );
  }

  private createDatabase(
    name: string,
    { placement, fences, adoption }: CellArgs,
    connection: CellConnection,
    { instance }: PostgresServer,
  ): CellDatabase {
    const { extensions } = placement;
    return new CellDatabase(
      name,
      { connection, extensions, protect: fences.protect, server: instance, ...(adoption && { adoption }) },
      { parent: this },
    );
  }

  private createTenants(
    name: string,
    { placement, vault, plans, sql, fences, roster, secrets }: CellArgs,
    connection: CellConnection,
    database: CellDatabase,
  ): CellTenants {
    return new CellTenants(
      name,
      { cell: placement.name, connection, vault, tenants: placement.lines, plans, sql },
      { ...this.within, protect: fences.protect, dependsOn: [roster, database, ...(secrets ? [secrets] : [])] },
    );
  }
}

function connectionTo({ host, port, password }: PostgresServer, args: CellArgs): CellConnection {
  const { database, adminUsername: username, sslmode, caFile } = args;
  return { host, port, database, username, password, sslmode, ...(caFile === undefined ? {} : { caFile }) };
}
