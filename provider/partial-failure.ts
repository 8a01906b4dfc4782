/** Some of it is done, some is not: the engine keeps what was done, and tries again with the next `up`. */
import type { Props } from "./wire";

/**
 * The SDK's server turns an error with an `id` into `ErrorResourceInitFailed`: `properties` go to the state, `reasons` to the
 * user, and the resource counts as not finished.
 */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";

  constructor(
    message: string,
    readonly id: string,
    readonly properties: Props,
    /** One line each. */
    readonly reasons: readonly string[],
  ) {
    super(message);
  }
}
