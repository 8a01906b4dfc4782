import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { serverIdentifier } from "../registry/names";
import { dashboardBody, type ShownRegion } from "./dashboard-body";

export interface DashboardArgs {
  readonly stack: string;
  readonly regions: readonly ShownRegion[];
}

/** The graphs of all servers of a stack on one page, whatever their regions. The page itself is in no region. */
export function createDashboard(
  name: string,
  { stack, regions }: DashboardArgs,
  opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.Dashboard {
  const args = { dashboardName: serverIdentifier(stack, "servers"), dashboardBody: dashboardBody(regions) };
  // Its name is fixed: made anew through another region's provider, it would be deleted with the old one.
  return new aws.cloudwatch.Dashboard(name, args, pulumi.mergeOptions(opts, { deleteBeforeReplace: true }));
}
