/** Rotates logins and signing keys in any number of cells, so that at no moment a login is refused that was read in time. */
import { setTimeout as sleep } from "node:timers/promises";
import { beginInCell, closeInCell, type RotateRun, type RotateTarget } from "./rotate-cell";
import { KEY_NAME } from "./rotate-key";
import type { Begun } from "./rotate-login";
import type { Failure } from "./types";

interface Rotated extends Omit<Begun, "opensMs"> {
  readonly cell: string;
  /** Sessions of `from` that had not ended by themselves when it was closed. */
  readonly sessionsEnded: number;
}

interface RotateFailure extends Failure {
  readonly cell: string;
}

export interface RotateOutcome {
  readonly rotated: readonly Rotated[];
  readonly failures: readonly RotateFailure[];
}

export interface RotateOptions extends RotateRun {
  /** Hears what has begun and what is waited for, a line at a time. */
  readonly tell?: (line: string) => void;
}

/** How often somebody who waits is told so. */
const TELL_MS = 60_000;

/**
 * Other logins take over everywhere; after the drain those of before are closed. A run that is killed is finished by the next,
 * or by an `up` after the drain. What one cell or login cannot do is in `failures`, and keeps no other from being done.
 */
export async function rotate(targets: readonly RotateTarget[], options: RotateOptions): Promise<RotateOutcome> {
  const { tell = () => {} } = options;
  const rotated: Rotated[] = [];
  const failures: RotateFailure[] = [];
  const waiting: { target: RotateTarget; begun: readonly Begun[] }[] = [];
  for (const target of targets) {
    const { list: begun, failures: failed } = await beginInCell(target, options);
    failures.push(...failed.map((failure) => ({ ...failure, cell: target.cell })));
    for (const each of begun) tell(`cell ${target.cell}: ${renderBegun(each)}`);
    rotated.push(...begun.filter(isKey).map((each) => ({ ...rotatedOf(target, each), sessionsEnded: 0 })));
    waiting.push({ target, begun: begun.filter((each) => !isKey(each)) });
  }
  await drain(Math.max(0, ...waiting.flatMap(({ begun }) => begun.map(({ opensMs }) => opensMs))), tell);
  for (const { target, begun } of waiting) {
    let left = begun;
    while (left.length > 0) {
      const { list: closed, failures: failed } = await closeInCell(target, options, left);
      failures.push(...failed.map((failure) => ({ ...failure, cell: target.cell })));
      const over = new Map(closed.map((each) => [each.name, each]));
      for (const each of left) {
        const closing = over.get(each.name);
        if (closing?.opensMs === 0) {
          rotated.push({ ...rotatedOf(target, each), sessionsEnded: closing.sessionsEnded });
        }
      }
      left = left.filter(({ name }) => (over.get(name)?.opensMs ?? 0) > 0);
      await drain(Math.max(0, ...left.map(({ name }) => over.get(name)?.opensMs ?? 0)), tell);
    }
  }
  return { rotated, failures };
}

/** A key of before ends by itself. */
const isKey = ({ name }: Begun): boolean => name === KEY_NAME;

const rotatedOf = ({ cell }: RotateTarget, { name, from, to, resumed }: Begun) => ({ cell, name, from, to, resumed });

function renderBegun({ name, from, to, resumed, opensMs }: Begun): string {
  const begun = resumed ? "goes on where an earlier run ended" : "begun";
  return `${name}: ${begun}; the secret names ${to}, and ${from} is accepted for ${renderWait(opensMs)}`;
}

async function drain(waitMs: number, tell: (line: string) => void): Promise<void> {
  for (let left = waitMs; left > 0; left -= TELL_MS) {
    tell(
      `waiting ${renderWait(left)} until everybody has read the new secrets; stopped here, the next \`rotate\` closes what is left`,
    );
    await sleep(Math.min(left, TELL_MS));
  }
}

/** `14 min 30 s`. */
function renderWait(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return [...(minutes > 0 ? [`${minutes} min`] : []), ...(rest > 0 || minutes === 0 ? [`${rest} s`] : [])].join(" ");
}
