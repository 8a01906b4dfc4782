/** Options that more than one verb takes. */

/** Spread into `.option(...)`. */
export const STACK_OPTION = ["-s, --stack <stack>", "the stack, which names tenants/<stack>.yaml", "dev"] as const;
