/** The terminal, or what stands in its place. */
import type { Screen } from "./watch";

const ERASE = "\r\u001b[2K";

/** Prints to `stream`; on a terminal one line at the bottom can be replaced. */
export function screenOf(stream: NodeJS.WriteStream): Screen {
  if (!stream.isTTY) return { print: (line) => void stream.write(`${line}\n`) };
  let bottom = "";
  const draw = (line: string) => stream.write(`${ERASE}${line.slice(0, (stream.columns ?? 80) - 1)}`);
  return {
    print: (line) => {
      stream.write(`${bottom ? ERASE : ""}${line}\n`);
      if (bottom) draw(bottom);
    },
    transient: (line) => {
      if (line === bottom) return;
      bottom = line;
      draw(line);
    },
  };
}

/** For `--json`, where the document alone may be printed. */
export const SILENT: Screen = { print: () => undefined };
