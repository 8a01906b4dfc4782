import { skipSilentStacks } from "../../components/error-stacks";

const nested = (message?: string): Error => (() => new Error(message))();

test("errors that say something keep their stack, and bookkeeping costs none", () => {
  const undo = skipSilentStacks();
  try {
    expect(nested().stack).toBe("Error");
    expect(nested("lost").stack?.split("\n").slice(0, 2)).toEqual([
      "Error: lost",
      expect.stringMatching(/^ {4}at .*error-stacks\.test\.ts:\d+:\d+/),
    ]);
    const late = nested();
    late.message = "said later"; // as the SDK does
    expect(late.stack).toMatch(/^Error: said later\n {4}at .*error-stacks/);
  } finally {
    undo();
  }
  expect(nested().stack).toContain("error-stacks.test.ts");
});
