/** The JSON document of a command: what it did, for machines. Secrets are words. */
import type { StepResult } from "../deployment/step";
import type { Props } from "../provider";
import { parseUrn } from "../urn";
import { countSteps } from "./summary";
import { hideSecrets } from "./values";
import type { Diagnostic } from "./watch";

export interface DocumentParts {
  readonly command: string;
  readonly stack: string;
  readonly exitCode: number;
  readonly results: readonly StepResult[];
  readonly diagnostics: readonly Diagnostic[];
  readonly outputs: Props;
  readonly seconds: number;
  readonly isSimulated: (type: string) => boolean;
}

export function renderDocument(parts: DocumentParts): string {
  return JSON.stringify(documentOf(parts), undefined, 2);
}

function documentOf(parts: DocumentParts): Props {
  const { command, stack, exitCode, results, diagnostics, outputs, seconds, isSimulated } = parts;
  const steps = results.map(({ op, urn, status, seconds: took, changes, note, reasons }) => {
    const { type, name } = parseUrn(urn);
    const shown = changes.map(({ path, kind, old, new: value }) => ({
      path,
      kind,
      old: hideSecrets(old),
      new: hideSecrets(value),
    }));
    const known = { op, status, urn, type, name, simulated: isSimulated(type), seconds: took };
    return { ...known, changes: shown, reasons, ...(note && { note }) };
  });
  return {
    command,
    stack,
    exitCode,
    counts: countSteps(results),
    steps,
    diagnostics,
    outputs: hideSecrets(outputs),
    seconds,
  };
}
