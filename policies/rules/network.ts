/** Nobody reaches a server from the internet. */
import { listOf, type Values, valuesOf } from "../plain";
import { resourceRule, type Subject } from "../rule";

const PUBLIC_FLAG: Readonly<Record<string, string>> = {
  "aws:rds/instance:Instance": "publiclyAccessible",
  "aws:rds/clusterInstance:ClusterInstance": "publiclyAccessible",
  "aws:rds/cluster:Cluster": "publiclyAccessible",
  "aws:neptune/clusterInstance:ClusterInstance": "publiclyAccessible",
  "aws:redshift/cluster:Cluster": "publiclyAccessible",
  "aws:redshiftserverless/workgroup:Workgroup": "publiclyAccessible",
  "aws:dms/replicationInstance:ReplicationInstance": "publiclyAccessible",
  "aws:mq/broker:Broker": "publiclyAccessible",
};
/** Redshift's clusters and DMS are public unless told otherwise. */
const PUBLIC_BY_DEFAULT: readonly string[] = ["aws:dms/replicationInstance:ReplicationInstance"];

export const noPublicServer = resourceRule({
  name: "no-public-server",
  description: "Database servers, replicas and brokers have no public address.",
  severity: "critical",
  remediation: "Set publiclyAccessible to false, and reach the server through a tunnel (docs/network.md)",
  concerns: ({ type }) => Object.hasOwn(PUBLIC_FLAG, type),
  check: ({ type, props }) => {
    const flag = PUBLIC_FLAG[type] ?? "";
    const value = props[flag] ?? PUBLIC_BY_DEFAULT.includes(type);
    return value === true ? [`${flag} must be false`] : [];
  },
});

/** Below this many bits a range is most of the internet, however it is cut. */
const LEAST_IPV4_BITS = 8;
const LEAST_IPV6_BITS = 16;

/** Groups with their rules inside, as lists. */
const GROUPS: readonly string[] = [
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
];
const RULE = "aws:ec2/securityGroupRule:SecurityGroupRule";
const INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

export const noOpenIngress = resourceRule({
  name: "no-open-ingress",
  description: "No security group lets the internet in: neither 0.0.0.0/0 nor ::/0, nor ranges that add up to them.",
  severity: "critical",
  remediation: "Name the clients' security groups instead (tenantry:regions, clientSecurityGroupIds)",
  concerns: ({ type, props }) =>
    GROUPS.includes(type) || type === INGRESS_RULE || (type === RULE && props.type === "ingress"),
  check: (subject) =>
    rangesOf(subject)
      .filter(isOpen)
      .map((range) => `It lets ${range} in`),
});

function rangesOf({ type, props }: Subject): readonly string[] {
  const rules = GROUPS.includes(type) ? listOf(props.ingress).map(valuesOf) : [props];
  return rules.flatMap(rangesOfRule);
}

const rangesOfRule = ({ cidrBlocks, ipv6CidrBlocks, cidrIpv4, cidrIpv6 }: Values): readonly string[] =>
  [cidrBlocks, ipv6CidrBlocks, cidrIpv4, cidrIpv6].flatMap(listOf).filter((range) => typeof range === "string");

function isOpen(range: string): boolean {
  const bits = Number(range.split("/")[1]);
  return bits < (range.includes(":") ? LEAST_IPV6_BITS : LEAST_IPV4_BITS);
}
