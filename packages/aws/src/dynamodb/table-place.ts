import type { Place } from "../permission.ts";

/** A table of the stage, as IAM names it. */
export const tableArn = ({ partition, region, account }: Place, table: string): string =>
  `arn:${partition}:dynamodb:${region}:${account}:table/${table}`;

/**
 * Only items whose partition key is one of these (`*` as in IAM): usage is in the same table and none
 * of the journal's business.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export const onlyPartitions = (...partitions: readonly string[]) => ({
  "ForAllValues:StringLike": { "dynamodb:LeadingKeys": partitions },
});
