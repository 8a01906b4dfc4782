import { parametersOf } from "../../components/server-parameters";
import { estateOf, sharedCell } from "./estates";
import { one, recordEstate } from "./registrations";

const LARGEST_INT = 2_147_483_647;
const LARGEST_DISK_GB = 65_536;

test.each([8191, 8192, LARGEST_DISK_GB])(
  "PostgreSQL takes the limit of temporary files for a disk of %d GB",
  (diskGb) => {
    const limit = Number(parametersOf({ diskGb }).find(({ name }) => name === "temp_file_limit")?.value);
    expect(limit).toBeGreaterThan(2_000_000_000);
    expect(limit).toBeLessThanOrEqual(LARGEST_INT);
  },
);

test.each([40_000, LARGEST_DISK_GB])("a disk of %d GB grows to what RDS allows, and no further", async (diskGb) => {
  const cell = { ...sharedCell("eu-1", {}), server: { instanceClass: "db.r7g.xlarge", diskGb } };
  const { inputs } = one(await recordEstate(estateOf([cell])), "aws:rds/instance:Instance", "eu-1-server");
  expect(inputs).toMatchObject({ allocatedStorage: diskGb, maxAllocatedStorage: LARGEST_DISK_GB });
});
