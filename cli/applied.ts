/** What the last `up` of a stack left in its state, opened: on this machine, else as the Pulumi CLI exports it. */
import { existsSync } from "node:fs";
import { z } from "zod";
import { stackHome } from "../local/home";
import { StateFile } from "../local/state/file";
import { openProps } from "../local/wire";
import { isRecord, open, type Props } from "../provider/wire";
import { PROJECT_DIR } from "./project";
import { pulumi } from "./pulumi";

export interface Applied {
  readonly urn: string;
  /** `aws:s3/bucketPolicy:BucketPolicy`. */
  readonly type: string;
  /** The logical name. */
  readonly name: string;
  /** With secrets in plain text: never to be printed. */
  readonly inputs: Props;
  readonly outputs: Props;
}

const props = z.record(z.string(), z.unknown());
const exported = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          inputs: props.default({}),
          outputs: props.default({}),
          delete: z.boolean().default(false),
        }),
      )
      .default([]),
  }),
});

/** All resources of the stack. @throws TenantryError TN-601 when there is no such stack. */
export function readApplied(stack: string): readonly Applied[] {
  const home = stackHome(PROJECT_DIR, stack);
  const resources = existsSync(home) ? localResources(home) : pulumiResources(stack);
  return resources.map(({ urn, inputs, outputs }) => {
    const [chain = "", name = ""] = urn.split("::").slice(2);
    return { urn, type: chain.slice(chain.lastIndexOf("$") + 1), name, inputs, outputs };
  });
}

function localResources(home: string) {
  const { resources } = new StateFile(home).load();
  return resources.map(({ urn, inputs, outputs }) => ({
    urn,
    inputs: openProps(inputs),
    outputs: openProps(outputs),
  }));
}

function pulumiResources(stack: string) {
  const args = ["stack", "export", "--show-secrets", "--stack", stack];
  const { deployment } = exported.parse(JSON.parse(pulumi(stack, args)));
  // What was replaced already and waits for its deletion is no part of the estate any more.
  const living = deployment.resources.filter((resource) => !resource.delete);
  return living.map(({ urn, inputs, outputs }) => ({ urn, inputs: shown(inputs), outputs: shown(outputs) }));
}

/** An exported secret holds its value as JSON text. */
function shown(value: Props): Props {
  const plain: unknown = JSON.parse(JSON.stringify(value), (_, member: unknown) =>
    isRecord(member) && typeof member.plaintext === "string" ? JSON.parse(member.plaintext) : member,
  );
  const opened = open(plain);
  return isRecord(opened) ? opened : {};
}
