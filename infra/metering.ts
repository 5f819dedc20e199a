import { createLogGroup, switchLoggingOn } from "./invocation-log.ts";
import { createMeter, type Meter } from "./meter.ts";
import { type MeteredRegion, meteredRegions } from "./metered-regions.ts";
import { watchMeter, watchRollUp } from "./metering-alarms.ts";
import { createRollUp } from "./roll-up.ts";
import { settings } from "./stage.ts";

/**
 * Who used what, from the invocation log: per region log group → meter → table at home, where it is rolled up.
 *
 * Nothing of this waits for the removal of denies or holds it up: meters deny nobody, and the rule by which they wake
 * the governor is gone by then.
 */
const meters = meteredRegions.map((metered) => (metered.managed ? meterOwnLog(metered) : createMeter(metered)));

/** Where alarms about meters ring, one per metered region. */
export const meterTopics = meters.map(watchMeter);

if (meters.length > 0) watchRollUp(createRollUp().target);

// A protected stage has the log group everywhere, if need be empty and for nothing: metering that is switched off takes
// no record with it, and switched on again finds the group, where making it once more would fail.
for (const region of settings.regions) if ($app.protect && !isManaged(region)) createLogGroup(region);

function isManaged(region: string): boolean {
  return meteredRegions.some((one) => one.managed && one.region === region);
}

function meterOwnLog(metered: MeteredRegion): Meter {
  const group = createLogGroup(metered.region);
  const meter = createMeter(metered, [group]);
  switchLoggingOn(metered, [group, meter.subscription]);
  return meter;
}
