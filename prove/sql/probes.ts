/** The probes of the SQL layer, in the order in which people read of them. */
import type { Probe } from "../probe";
import type { SqlTarget } from "./cell";
import { becomeOthers } from "./probes/become-others";
import { changeGuards } from "./probes/change-guards";
import { contexts } from "./probes/contexts";
import { filesAndPrograms, otherDatabases } from "./probes/files";
import { callFunctions, definerPaths } from "./probes/functions";
import { largeObjects } from "./probes/large-objects";
import { makeObjects } from "./probes/make-objects";
import { privileges } from "./probes/privileges";
import { readRows } from "./probes/read-rows";
import { sharedKeys } from "./probes/shared-keys";
import { signIn } from "./probes/sign-in";
import { statistics } from "./probes/statistics";
import { writeRows } from "./probes/write-rows";

export const SQL_PROBES: readonly Probe<SqlTarget>[] = [
  readRows,
  writeRows,
  contexts,
  signIn,
  sharedKeys,
  privileges,
  changeGuards,
  becomeOthers,
  makeObjects,
  callFunctions,
  definerPaths,
  statistics,
  largeObjects,
  filesAndPrograms,
  otherDatabases,
];
