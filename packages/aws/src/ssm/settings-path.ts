import type { Place } from "../permission.ts";

/** What every parameter of a stage is under. Without a slash at the end: that is how IAM checks it. */
export const settingsPath = ({ stage }: Pick<Place, "stage">): string => `/bedrock-governor/${stage}`;
