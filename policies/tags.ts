/** Tags of a resource, its own and those of its provider. */
import { isValues, type Values, valuesOf } from "./plain";
import type { Subject } from "./rule";

/**
 * The tags that a resource will have. The real provider puts those of its `defaultTags` into the input `tagsAll`; where nothing
 * did so yet, they stand at the provider.
 */
export function tagsOf({ props, provider }: Subject): Values {
  return { ...defaultTagsOf(provider), ...valuesOf(props.tagsAll), ...valuesOf(props.tags) };
}

/** The SDK hands the provider's nested inputs on as JSON. */
function defaultTagsOf({ defaultTags }: Values): Values {
  const parsed: unknown = typeof defaultTags === "string" ? JSON.parse(defaultTags) : defaultTags;
  return isValues(parsed) ? valuesOf(parsed.tags) : {};
}
