/**
 * The SDK notes where each of its promises was made, some 60 a resource, and where each resource was, by reading the `stack` of
 * an error without a message. Rendering these is a seventh of the memory of a large estate.
 */

/** Renders the stacks of errors that say something, as before, and of no others. Gives a function that undoes it. */
export function skipSilentStacks(): () => void {
  const render = Error.prepareStackTrace;
  Error.prepareStackTrace = (error, frames) => {
    if (error.message === "") return error.name;
    return render ? render(error, frames) : [String(error), ...frames].join("\n    at ");
  };
  return () => {
    Error.prepareStackTrace = render;
  };
}
