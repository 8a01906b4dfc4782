/** How many cases a property test tries: a small sample in the suite, `SOAK` times as many in `npm run soak`. */
export const runs = (sample: number): number => sample * Number(process.env.SOAK ?? 1);
