import { Cached } from "../../client/cached";

let now = 0;
const stale = jest.fn();
let loads: { resolve(value: string): void; reject(error: Error): void }[] = [];
const make = () =>
  new Cached<string>(() => new Promise((resolve, reject) => void loads.push({ resolve, reject })), {
    maxAgeMs: 60_000,
    onStale: stale,
    now: () => now,
  });
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};
beforeEach(() => {
  now = 0;
  loads = [];
  stale.mockClear();
});

/** A cache that holds `first`, of the age that is given. */
async function aged(ms: number): Promise<Cached<string>> {
  const cached = make();
  const first = cached.get();
  loads[0]?.resolve("first");
  await first;
  now = ms;
  return cached;
}

test("many readers wait for one load", async () => {
  const cached = make();
  const reads = [cached.get(), cached.get(), cached.renew()];
  expect(loads).toHaveLength(1);
  loads[0]?.resolve("once");
  expect(await Promise.all(reads)).toEqual(["once", "once", "once"]);
});

test("a young value is not loaded again; a middle-aged one is, behind its readers; an old one before them", async () => {
  const cached = await aged(29_000);
  expect(await cached.get()).toBe("first");
  expect(loads).toHaveLength(1);
  now = 31_000;
  expect(await cached.get()).toBe("first");
  expect(loads).toHaveLength(2);
  loads[1]?.resolve("second");
  await settle();
  expect(await cached.get()).toBe("second");
  now = 31_000 + 60_000;
  const old = cached.get();
  loads[2]?.resolve("third");
  expect(await old).toBe("third");
});

test("an old value serves on when loading fails, and somebody hears of it", async () => {
  const cached = await aged(61_000);
  const reading = cached.get();
  loads[1]?.reject(new Error("down"));
  expect(await reading).toBe("first");
  expect(stale).toHaveBeenCalledWith(new Error("down"));
});

test("with nothing to serve, the failure is thrown, at once for a second and then tried again", async () => {
  const cached = make();
  const first = cached.get();
  loads[0]?.reject(new Error("down"));
  await expect(first).rejects.toThrow("down");
  await expect(cached.get()).rejects.toThrow("down");
  expect(loads).toHaveLength(1);
  now = 1_001;
  const next = cached.get();
  loads[1]?.resolve("up");
  expect(await next).toBe("up");
});

test("whoever asks again and again is served from what is known", async () => {
  const cached = await aged(500);
  expect(await cached.renew()).toBe("first");
  expect(loads).toHaveLength(1);
  now = 1_001;
  const renewed = cached.renew();
  loads[1]?.resolve("second");
  expect(await renewed).toBe("second");
});
