/** Regions are named after the partition they are in, but for the commercial ones. */
export const partitionOf = (region: string): string =>
  PARTITIONS.find(({ prefix }) => region.startsWith(prefix))?.name ?? "aws";

const PARTITIONS = [
  { prefix: "us-gov-", name: "aws-us-gov" },
  { prefix: "cn-", name: "aws-cn" },
  { prefix: "eusc-", name: "aws-eusc" },
];
