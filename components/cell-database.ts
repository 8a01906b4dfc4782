import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { CELL_ROLES } from "../registry/names";
import { CELL_ROLE_KEYS, type CellRole, ROLE_TRAITS } from "./cell-roles";
import type { CellConnection } from "./cell-tenants";

export interface CellDatabaseArgs {
  /** How the admin reaches the server. */
  readonly connection: CellConnection;
  readonly extensions: readonly string[];
  /** True while the database must not be dropped. */
  readonly protect: boolean;
  /** The server: what is in it needs no deletion of its own when it goes. */
  readonly server: pulumi.Resource;
}

/** Roles are altered, limited and granted further by the reconciler; what it sets is not drift here. */
const RECONCILED = ["connectionLimit", "idleInTransactionSessionTimeout", "roles", "searchPaths", "statementTimeout"];

/**
 * The database of a cell and the roles that it has once, whatever its tenants. No password passes through here: the
 * reconciler draws them. Private servers are reached through ALL_PROXY (SOCKS), which leaves the verified name as it is.
 */
export class CellDatabase extends pulumi.ComponentResource {
  private readonly inServer: pulumi.CustomResourceOptions;

  constructor(name: string, args: CellDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:CellDatabase", name, {}, opts);

    const provider = this.createProvider(`${name}-postgresql`, args.connection);
    this.inServer = { parent: this, provider, deletedWith: args.server };
    const database = this.createDatabase(`${name}-database`, args);
    this.createExtensions(name, args.extensions, database);
    const roles = this.createRoles(name);
    this.grantToAdmin(name, args.connection.username, roles);
    this.limitConnect(name, database, roles);
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
      const args = { name: extension, database: database.name };
      new postgresql.Extension(`${name}-extension-${extension}`, args, this.inServer);
    }
  }

  private createRoles(name: string): ReadonlyMap<CellRole, postgresql.Role> {
    const roles = new Map<CellRole, postgresql.Role>();
    const options = { ...this.inServer, ignoreChanges: RECONCILED };
    // Roles that others are members of come first in the list, so that they are there to name.
    for (const key of CELL_ROLE_KEYS) {
      const { login, memberOf } = ROLE_TRAITS[key];
      const groups = memberOf.flatMap((group) => roles.get(group)?.name ?? []);
      const args = {
        name: CELL_ROLES[key],
        login,
        inherit: true,
        createDatabase: false,
        createRole: false,
        superuser: false,
        replication: false,
        bypassRowLevelSecurity: false,
        // What a role owns is never handed to the admin: a role that still owns something stays.
        skipReassignOwned: true,
        ...(groups.length > 0 ? { roles: groups } : {}),
      };
      roles.set(key, new postgresql.Role(`${name}-role-${key}`, args, options));
    }
    return roles;
  }

  /** A creator has the admin option from the start; acting as the role is a grant of its own since PostgreSQL 16. */
  private grantToAdmin(name: string, admin: pulumi.Input<string>, roles: ReadonlyMap<CellRole, postgresql.Role>): void {
    for (const [key, role] of roles) {
      if (!ROLE_TRAITS[key].heldByAdmin) continue;
      // The creator's own grant has the admin option, and the provider may read either of the two back.
      const options = { ...this.inServer, ignoreChanges: ["withAdminOption"] };
      new postgresql.GrantRole(`${name}-admin-${key}`, { role: admin, grantRole: role.name }, options);
    }
  }

  /** One after the other: two grants on one object at a time fail with `tuple concurrently updated`. */
  private limitConnect(
    name: string,
    database: postgresql.Database,
    roles: ReadonlyMap<CellRole, postgresql.Role>,
  ): void {
    const on = { database: database.name, objectType: "database" };
    const revoked = new postgresql.Grant(`${name}-public`, { ...on, role: "public", privileges: [] }, this.inServer);
    const group = roles.get("tenants")?.name ?? CELL_ROLES.tenants;
    new postgresql.Grant(
      `${name}-connect`,
      { ...on, role: group, privileges: ["CONNECT"] },
      { ...this.inServer, dependsOn: revoked },
    );
  }
}
