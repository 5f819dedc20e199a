import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { SetPlace } from "./sealed-sets.ts";
import { DAY_MS, dateText, MINUTES_KEPT_MS, minuteText, monthText, QUARTER_MS } from "./times.ts";

const MINUTES = "usage#minutes#";
export const QUARTERS = "usage#quarters#";
const DAYS = "usage#days#";
/** What roll-ups write: the minutes of a quarter, its sums, and the sums of a day in UTC. */
export const SEALED_PARTITIONS = [MINUTES, QUARTERS, DAYS] as const;

/** A day's partition: a set for each of its quarters. */
export const minutesPartition = (at: EpochMs): string => `${MINUTES}${dateText(at)}`;
/** A day's partition: a set for each of its quarters. */
export const quartersPartition = (at: EpochMs): string => `${QUARTERS}${dateText(at)}`;
/** A month's partition: a set for each of its days. */
export const daysPartition = (at: EpochMs): string => `${DAYS}${monthText(at)}`;

export const minutesPlace = (quarter: EpochMs): SetPlace => ({
  pk: minutesPartition(quarter),
  name: minuteText(quarter),
  expiresAt: quarter + QUARTER_MS + MINUTES_KEPT_MS,
});

/** A partition is read as a whole, so all of it has to be there while any of it is asked for. */
const LONGEST_PARTITION_MS = 31 * DAY_MS;

export const quarterPlace = (quarter: EpochMs, keptForMs: number): SetPlace => ({
  pk: quartersPartition(quarter),
  name: minuteText(quarter),
  expiresAt: quarter + keptForMs + LONGEST_PARTITION_MS,
});

export const dayPlace = (day: EpochMs, keptForMs: number): SetPlace => ({
  pk: daysPartition(day),
  name: dateText(day),
  expiresAt: day + keptForMs + LONGEST_PARTITION_MS,
});
