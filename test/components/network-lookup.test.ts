import { enoughSubnets, soleVpc } from "../../components/network-lookup";

test("the one VPC with the tag is taken", () => {
  expect(soleVpc("eu-west-1", ["vpc-1"])).toBe("vpc-1");
});

test.each([
  [[], "no VPC is tagged `tenantry` = `database`"],
  [["vpc-2", "vpc-1"], "2 VPCs are (vpc-1, vpc-2) tagged"],
  [["vpc-4", "vpc-2", "vpc-3", "vpc-1"], "4 VPCs are (vpc-1, vpc-2, vpc-3, ...) tagged"],
])("%j are told, with what to type", (ids, text) => {
  const find = () => soleVpc("eu-west-1", ids);
  expect(find).toThrow(text);
  expect(find).toThrow(`pulumi config set --path 'tenantry:regions["eu-west-1"].vpcId' vpc-0123456789abcdef0 [TN-705]`);
});

test("subnets are enough from two on", () => {
  expect(enoughSubnets("eu-west-1", "vpc-1", ["subnet-1", "subnet-2"])).toEqual(["subnet-1", "subnet-2"]);
});

test.each([
  [[], "no subnet of vpc-1 is tagged"],
  [["subnet-1"], "only one subnet (subnet-1) of vpc-1 is tagged"],
])("%j are too few, and it is said before RDS would", (ids, text) => {
  const find = () => enoughSubnets("eu-west-1", "vpc-1", ids);
  expect(find).toThrow(text);
  expect(find).toThrow("RDS needs two or more, in different availability zones");
});
