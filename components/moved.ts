import * as pulumi from "@pulumi/pulumi";
import type { Adoption } from "./stack-config";

/** `pulumi state move` leaves what it moves at the root of the stack, without the components above it: it is found there. */
export const movedFrom = (adoption: Adoption | undefined): Pick<pulumi.ResourceOptions, "aliases"> =>
  adoption?.stack === undefined ? {} : { aliases: [{ parent: pulumi.rootStackResource }] };
