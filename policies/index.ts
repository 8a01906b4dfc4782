/** The pack as the Pulumi CLI starts it: `pulumi preview --policy-pack policies`. Making it starts a server. */
import { PolicyPack } from "@pulumi/policy";
import { RULES } from "./rules";

new PolicyPack("tenantry", { policies: [...RULES] });
