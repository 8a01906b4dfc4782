/** Secrets that are known beforehand: for tests, and for applications that are given theirs otherwise. */
import type { Secrets, SecretValues } from "./secrets";

/** @param byPath such as `{ "cells/eu-1/app": { username, password, sslmode } }`; what it gains later is seen. */
export function fixedSecrets(byPath: Readonly<Record<string, SecretValues>>): Secrets {
  return async (path) => (Object.hasOwn(byPath, path) ? byPath[path] : undefined);
}
