/** The way to a tenant by its tier: which login, which pool, which signing key. */
import type { DirectoryRow, Tier } from "../registry/types";
import { cellLoginPath, cellSigningPath, tenantLoginPath } from "./secrets";

export interface Passage {
  /** Connections of one pool have one login; a pool belongs to a cell or to one tenant. */
  readonly pool: { readonly of: "cell" | "tenant"; readonly name: string };
  /** Path of the login's secret. */
  readonly login: string;
  /** Path of the secret with the key that signs the context. Missing for logins that are one tenant whatever they present. */
  readonly signing?: string;
}

const ownLogin = ({ slug }: DirectoryRow): Passage => ({
  pool: { of: "tenant", name: slug },
  login: tenantLoginPath(slug),
});

const PASSAGES: Readonly<Record<Tier, (row: DirectoryRow) => Passage>> = {
  pooled: ({ cell }) => ({
    pool: { of: "cell", name: cell },
    login: cellLoginPath(cell),
    signing: cellSigningPath(cell),
  }),
  schema: ownLogin,
  dedicated: ownLogin,
};

export const passageOf = (row: DirectoryRow): Passage => PASSAGES[row.tier](row);
