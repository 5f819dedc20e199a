import type { Permission } from "../permission.ts";

/** What `createTopic` needs. */
export const permissions = (topicArns: readonly string[]): readonly Permission[] => [
  { actions: ["sns:Publish"], resources: topicArns },
];
