/** A managed schema as SQL text. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { CELL_ROLES } from "../registry/names";
import type { SqlFile } from "./table-files";

/** Makes an empty schema of the owner role, with its ownership mark. The role stays set. */
export const renderSchema = (schema: string, mark: string): string => `
set local role ${CELL_ROLES.owner};
create schema ${escapeIdentifier(schema)};
comment on schema ${escapeIdentifier(schema)} is ${escapeLiteral(mark)}`;

/** Runs files in a schema, as the owner. Role and search path are then the session's own again. */
export const renderFiles = (schema: string, files: readonly SqlFile[]): string => `
set local role ${CELL_ROLES.owner};
set local search_path = ${escapeIdentifier(schema)};
${files.map(({ sql }) => sql).join("\n;\n")}
;
set local search_path = pg_catalog;
set local role none`;

/** Notes which files a schema has. */
export const renderLedger = (schema: string, files: readonly SqlFile[]): string =>
  `insert into tenantry.migrations (schema_name, file, digest) values ${files
    .map(({ name, digest }) => `(${[schema, name, digest].map(escapeLiteral).join(", ")})`)
    .join(", ")}`;
