import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { UNNAMED_SCHEMA } from "../registry/names";
import type { CellConnection } from "./cell-tenants";
import { movedFrom } from "./moved";
import type { Adoption } from "./stack-config";

export interface CellDatabaseArgs {
  /** How the admin reaches the server. */
  readonly connection: CellConnection;
  readonly extensions: readonly string[];
  /** True while the database must not be dropped. */
  readonly protect: boolean;
  /** The server: what is in it needs no deletion of its own when it goes. */
  readonly server: pulumi.Resource;
  /** How the server came into the stack. @default the stack makes it */
  readonly adoption?: Adoption;
}

/**
 * The database of a cell: what Pulumi shows and protects. Roles, and who may connect, are the reconciler's, which makes them
 * before anything else. Private servers are reached through ALL_PROXY (SOCKS), which leaves the verified name as it is.
 */
export class CellDatabase extends pulumi.ComponentResource {
  private readonly inServer: pulumi.CustomResourceOptions;

  constructor(name: string, args: CellDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:CellDatabase", name, {}, opts);

    const provider = this.createProvider(`${name}-postgresql`, args.connection);
    this.inServer = { parent: this, provider, deletedWith: args.server, ...movedFrom(args.adoption) };
    const database = this.createDatabase(`${name}-database`, args);
    this.createExtensions(name, args.extensions, database);
    this.registerOutputs();
  }

  private createProvider(name: string, connection: CellConnection): postgresql.Provider {
    const { host, port, username, password, sslmode, caFile } = connection;
    return new postgresql.Provider(
      name,
      {
        host,
        port,
        username,
        password,
        sslmode,
        ...(caFile === undefined ? {} : { sslrootcert: caFile }),
        superuser: false,
        maxConnections: 4,
        connectTimeout: 30,
      },
      { parent: this },
    );
  }

  private createDatabase(name: string, { connection, protect }: CellDatabaseArgs): postgresql.Database {
    const args = { name: connection.database, encoding: "UTF8", template: "template0" };
    return new postgresql.Database(name, args, { ...this.inServer, protect });
  }

  private createExtensions(name: string, extensions: readonly string[], database: postgresql.Database): void {
    for (const extension of extensions) {
      // Named: the admin's own path may be without it.
      const args = { name: extension, database: database.name, schema: UNNAMED_SCHEMA };
      new postgresql.Extension(`${name}-extension-${extension}`, args, this.inServer);
    }
  }
}
