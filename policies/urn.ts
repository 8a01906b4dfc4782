/** Where a resource stands in the program. */

/** Types of the components that a resource is part of, outermost first: a URN names them. */
export function componentsOf(urn: string): readonly string[] {
  const chain = urn.split("::")[2] ?? "";
  return chain.split("$").slice(0, -1);
}
