/**
 * Usage, journal and marks. Losing it would forget who was denied and why, so a protected stage
 * refuses to delete it, and every stage can be restored to any second of the last 35 days
 * (SST switches point-in-time recovery on).
 */
export const table = new sst.aws.Dynamo("Table", {
  fields: { pk: "string", sk: "string" },
  primaryIndex: { hashKey: "pk", rangeKey: "sk" },
  ttl: "expires",
  deletionProtection: $app.protect,
});
