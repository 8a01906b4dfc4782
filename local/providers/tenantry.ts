/** The real provider, in this process instead of one of its own. */
import { TenantryProvider } from "../../provider/provider";
import type { LocalProvider } from "../provider";

export const tenantryProvider = (): LocalProvider => new TenantryProvider();
