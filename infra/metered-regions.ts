import { place, settings } from "./stage.ts";

export interface MeteredRegion {
  readonly region: string;
  /** Where Bedrock writes who called what. */
  readonly logGroup: string;
  /** Whether the log is the stage's own, and switched on by it. */
  readonly managed: boolean;
}

/** Of the stage's own, in each region that has one. */
export const ownLog = `/${$app.name}/${place.stage}/invocations`;

/** In the order of the stage's regions. */
export const meteredRegions: readonly MeteredRegion[] = settings.regions.flatMap((region) => {
  const wanted = settings.metering[region] ?? "off";
  if (wanted === "off") return [];
  const managed = wanted === "manage";
  return [{ region, managed, logGroup: managed ? ownLog : wanted }];
});
