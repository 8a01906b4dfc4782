/** The `tenantry` command: its verbs. */
import { Command } from "commander";
import { version } from "../package.json";
import { register as add } from "./add";
import { register as check } from "./check";
import { register as directory } from "./directory";
import { runCommand } from "./failure";
import { register as lint } from "./lint";
import { register as local } from "./local";
import { register as plugins } from "./plugins";
import { register as policies } from "./policies";
import { register as prove } from "./prove";
import { register as rotate } from "./rotate";
import { register as secret } from "./secret";
import { register as show } from "./show";
import { register as sql } from "./sql";
import { register as usage } from "./usage";
import { register as watch } from "./watch";

const program = new Command("tenantry")
  .description("the multi-tenant PostgreSQL estate of a SaaS as code")
  .version(version)
  .showHelpAfterError("(`npx tenantry <command> --help` says what is allowed)");

for (const register of [
  check,
  add,
  show,
  directory,
  secret,
  rotate,
  sql,
  policies,
  lint,
  prove,
  usage,
  watch,
  local,
  plugins,
])
  register(program);

runCommand(program);
