import type { EpochMs } from "@bedrock-governor/core/period/period";

export const MINUTE_MS = 60_000;
/** Every time zone's days begin on a quarter of an hour. */
export const QUARTER_MS = 15 * MINUTE_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const quarterOf = (at: EpochMs): EpochMs => Math.floor(at / QUARTER_MS) * QUARTER_MS;
export const dayOf = (at: EpochMs): EpochMs => Math.floor(at / DAY_MS) * DAY_MS;

/** What is written longer than this after its quarter is marked, since a roll-up may have been there before. */
export const LATE_AFTER_MS = 5 * MINUTE_MS;
/** When a quarter that is over is rolled up. What lies between the two covers clocks that differ. */
export const RIPE_AFTER_MS = 10 * MINUTE_MS;

/** How long after its quarter usage is still taken; a roll-up then has another day to come by. */
export const ACCEPTED_FOR_MS = 2 * DAY_MS;
/** How long after its quarter DynamoDB may not delete what meters wrote. */
export const RAW_KEPT_MS = 3 * DAY_MS;
/** Rolling spans of up to a day move by the minute. */
export const MINUTES_KEPT_MS = 26 * HOUR_MS;
/** How long quarters and days are kept if nobody says otherwise. */
const RETENTION_DAYS = 400;
/** Twice the longest period: whatever a stage keeps, its limits see all of theirs. */
const LEAST_RETENTION_DAYS = 62;

/** How long quarters and days are kept in a stage whose setting is this. */
export const keptDays = (retentionDays = RETENTION_DAYS): number => Math.max(LEAST_RETENTION_DAYS, retentionDays);

/** The first quarter of which all that meters wrote is certain to be there. */
export const firstCertain = (now: EpochMs): EpochMs => quarterOf(now - RAW_KEPT_MS);

/** `2026-01-05T08:15Z`: sorts as time does. Of a time within a minute, that minute. */
export const minuteText = (at: EpochMs): string => `${new Date(at).toISOString().slice(0, 16)}Z`;
/** `2026-01-05`, the day in UTC. */
export const dateText = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);
/** `2026-01`. */
export const monthText = (at: EpochMs): string => new Date(at).toISOString().slice(0, 7);
