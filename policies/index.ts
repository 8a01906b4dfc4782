/**
 * The pack as the Pulumi CLI starts it: `pulumi preview --policy-pack policies`. Making it starts a server. The CLI hands the
 * stack's configuration on to its packs; where it does not, the rules take the stack for production.
 */
import { PolicyPack } from "@pulumi/policy";
import { packConfigOf } from "./config";
import { isValues } from "./plain";
import { RULES } from "./rules";

const configuration: unknown = JSON.parse(process.env.PULUMI_CONFIG || "{}");
const texts = Object.entries(isValues(configuration) ? configuration : {}).map(([key, value]) => [key, String(value)]);

new PolicyPack("tenantry", { policies: [...RULES] }, { ...packConfigOf(Object.fromEntries(texts)) });
