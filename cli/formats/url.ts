/** A connection URL that names the schema, as tools with a schema setting of their own read it. Pure. */
import { type Facts, renderUrl } from "./facts";
import { type NamingOptions, parseNaming } from "./naming";

const RULES = {
  format: "url",
  prefix: "",
  usual: (fact: string) => (fact === "schema" ? "schema" : undefined),
  allowed: /^[\w.-]+$/,
  words: "letters, digits, dots, hyphens and underscores, such as search_path",
};

/** `--names schema=...` names the parameter; without a name the URL is one for any driver. */
export const renderFormatUrl = (facts: Facts, naming: NamingOptions): string =>
  renderUrl(facts, parseNaming(naming, RULES)("schema") ?? "");
