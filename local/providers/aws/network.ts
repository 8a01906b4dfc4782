/** VPC, security groups, the subnets of RDS, and whose account it is: what surrounds a server. */
import { isRecord } from "../../wire";
import { rule, type StandInFunction, text } from "../stand-in";
import { named, type Simulated } from "./simulate";
import { ACCOUNT, arn, token } from "./site";

const SECURITY_GROUP_NAME = /^(?!sg-).{1,255}$/;
const GROUP_NAME = /^[a-z0-9][a-z0-9 ._-]{0,254}$/;
const DESCRIPTION = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/;
const SUBNETS = 3;

const hasTwo = (value: unknown) => Array.isArray(value) && value.length >= 2;

export const NETWORK: Readonly<Record<string, Simulated>> = {
  "aws:ec2/securityGroup:SecurityGroup": {
    required: [],
    replaceOn: ["description", "name", "namePrefix", "vpcId"],
    named: "name",
    tagged: true,
    check: (inputs) => [
      ...named(inputs, "name", SECURITY_GROUP_NAME, "must have at most 255 characters and not begin with sg-"),
      ...named(
        inputs,
        "description",
        DESCRIPTION,
        "must be at most 255 letters, digits, spaces and . _ - : / ( ) # , @ [ ] + = & ; { } ! $ *",
      ),
    ],
    outputs: (_inputs, { region }, seed) => {
      const id = `sg-0${seed.slice(0, 16)}`;
      return { id, arn: arn("ec2", region, `security-group/${id}`), ownerId: ACCOUNT };
    },
  },
  "aws:rds/subnetGroup:SubnetGroup": {
    required: ["subnetIds"],
    replaceOn: ["name", "namePrefix"],
    named: "name",
    tagged: true,
    check: (inputs) => [
      ...named(inputs, "name", GROUP_NAME, "must be lower-case letters, digits, spaces, dots, _ and -"),
      ...rule(inputs, "subnetIds", hasTwo, "must name subnets in two availability zones or more"),
    ],
    outputs: (inputs, { region }) => {
      const name = text(inputs, "name");
      return { id: name, arn: arn("rds", region, `subgrp:${name}`) };
    },
  },
};

/** One VPC for any filter. */
const getVpcs: StandInFunction = async (args) => {
  const filters = JSON.stringify(args.filters ?? []);
  return { ...args, ids: [`vpc-0${token(16, filters)}`], id: token(10, filters) };
};

/** The account that no real one can be. */
const getCallerIdentity: StandInFunction = async () => ({
  accountId: ACCOUNT,
  arn: arn("iam", "", "user/simulated"),
  userId: "AIDA00000000000000000",
  id: ACCOUNT,
});

/** Three subnets for any filter, the same ones every time. */
const getSubnets: StandInFunction = async (args) => {
  const filters = Array.isArray(args.filters) ? args.filters.filter(isRecord) : [];
  const ids = Array.from(
    { length: SUBNETS },
    (_, zone) => `subnet-0${token(16, JSON.stringify(filters), String(zone))}`,
  );
  return { ...args, ids, id: token(10, JSON.stringify(filters)) };
};

export const NETWORK_FUNCTIONS: Readonly<Record<string, StandInFunction>> = {
  "aws:ec2/getSubnets:getSubnets": getSubnets,
  "aws:ec2/getVpcs:getVpcs": getVpcs,
  "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
};
