import type { Place } from "../permission.ts";

type Stage = Pick<Place, "partition" | "account" | "stage">;

/** Where a stage keeps its deny policies, and nothing else. */
export const denyPath = ({ stage }: Pick<Place, "stage">): string => `/bedrock-governor/${stage}/deny/`;

/** @param name a policy's name, or `*` for all at the stage's path */
export const denyPolicyArn = (place: Stage, name: string): string =>
  `arn:${place.partition}:iam::${place.account}:policy${denyPath(place)}${name}`;
