import type { Permission, Place } from "../../permission.ts";
import { onlyPartitions, tableArn } from "../table-place.ts";
import { BATCH_PARTITIONS } from "./batch-items.ts";
import { QUARTERS, SEALED_PARTITIONS } from "./levels.ts";
import { MARKS_PARTITION } from "./marks.ts";
import { WAKE_PARTITION } from "./wake-mark.ts";

const BATCHES = `${BATCH_PARTITIONS}*`;
const SEALED = SEALED_PARTITIONS.map((partitions) => `${partitions}*`);

/** Of `createUsageWriter`: it reads nothing, and changes nothing that is rolled up. */
export const writerPermissions = (place: Place, table: string): readonly Permission[] => [
  {
    actions: ["dynamodb:BatchWriteItem"],
    resources: [tableArn(place, table)],
    condition: onlyPartitions(BATCHES, MARKS_PARTITION),
  },
];

/** Of `createRollUp`: what meters wrote it only reads. */
export const rollUpPermissions = (place: Place, table: string): readonly Permission[] => {
  const resources = [tableArn(place, table)];
  return [
    { actions: ["dynamodb:Query"], resources, condition: onlyPartitions(BATCHES, MARKS_PARTITION, `${QUARTERS}*`) },
    { actions: ["dynamodb:GetItem", "dynamodb:PutItem"], resources, condition: onlyPartitions(...SEALED) },
    { actions: ["dynamodb:BatchWriteItem"], resources, condition: onlyPartitions(MARKS_PARTITION, ...SEALED) },
    {
      actions: ["dynamodb:UpdateItem", "dynamodb:DeleteItem"],
      resources,
      condition: onlyPartitions(MARKS_PARTITION),
    },
  ];
};

/** Of `createLogsUsage`. */
export const readerPermissions = (place: Place, table: string): readonly Permission[] => [
  {
    actions: ["dynamodb:Query"],
    resources: [tableArn(place, table)],
    condition: onlyPartitions(BATCHES, MARKS_PARTITION, ...SEALED),
  },
];

/** Of `createWakeMark`. */
export const wakeMarkPermissions = (place: Place, table: string): readonly Permission[] => [
  {
    actions: ["dynamodb:UpdateItem"],
    resources: [tableArn(place, table)],
    condition: onlyPartitions(WAKE_PARTITION),
  },
];
