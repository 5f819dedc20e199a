import type { Permission, Place } from "../permission.ts";

/** What `createPublisherCall` sends. */
export const permissions = (place: Place, functionName: string): readonly Permission[] => [
  {
    actions: ["lambda:InvokeFunction"],
    resources: [`arn:${place.partition}:lambda:${place.region}:${place.account}:function:${functionName}`],
  },
];
