/** A clock that a test moves: the client reads `performance.now`. */

/** Lets time pass until the end of the test file's `afterEach(clock.restore)`. */
export function movableClock(): { pass(ms: number): void; restore(): void } {
  const real = performance.now.bind(performance);
  let ahead = 0;
  const spy = jest.spyOn(performance, "now").mockImplementation(() => real() + ahead);
  return {
    pass: (ms) => {
      ahead += ms;
    },
    restore: () => spy.mockRestore(),
  };
}
