/** What can be asked of a thrown value, which may be anything. */
import { isRecord } from "./wire";

/** What always helps, when files of a stack are damaged beyond repair. */
export const START_ANEW =
  "start anew: `npm run destroy -- --yes --with-tenants` removes the stack with all its data, without reading its files";

/** `ENOENT` and the like of a system error. */
export function errorCode(error: unknown): string | undefined {
  return isRecord(error) && typeof error.code === "string" ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return isRecord(error) && typeof error.message === "string" ? error.message : String(error);
}

/** The message, then the reasons of a partial failure, one a line. */
export function reasonsOf(error: unknown): readonly string[] {
  const message = messageOf(error);
  const reasons = isRecord(error) && Array.isArray(error.reasons) ? error.reasons.map(String) : [];
  return [message, ...reasons.filter((reason) => !message.includes(reason))];
}
