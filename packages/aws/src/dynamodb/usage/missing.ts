import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { Marks, MeteredTime } from "./marks.ts";
import { SETTLES_WITHIN_MS } from "./metered-times.ts";
import { DAY_MS, firstCertain, MINUTE_MS, minuteText } from "./times.ts";

export const NOT_ROLLED_UP = "no roll-up ran for three days";

/** Up to when usage is rolled up; where no roll-up has run yet, since when there is any. Undefined: nobody knows. */
export const rolledUpTo = ({ progress, metered }: Marks): EpochMs | undefined =>
  progress?.quartersUpTo ?? metered[0]?.start;

/** Why the span cannot be added up, in words; undefined if it can. */
export function whyMissing(span: Span, marks: Marks, now: EpochMs, keptForDays: number): string | undefined {
  const off = noneOf(marks.metered).filter(reachesInto(span)).find(isTooLongFor(span));
  if (off !== undefined) return `nothing was metered ${fromTo(off)}: metering was switched off`;
  // No roll-up has said so yet, but what it has not come to is being deleted.
  const late = { start: rolledUpTo(marks) ?? now, end: firstCertain(now), why: NOT_ROLLED_UP };
  const lost = [...marks.gaps, ...(late.start < late.end ? [late] : [])].find(reachesInto(span));
  if (lost !== undefined) return `usage ${fromTo(lost)} is lost: ${lost.why}`;
  return span.start < now - keptForDays * DAY_MS ? `usage is kept for ${keptForDays} days` : undefined;
}

/**
 * Calls of the span that were made where there was no meter, in words, by region. Where there is none now, the stage's
 * settings say so, and not this. docs/adr/0012 says why the usage is known all the same.
 */
export function unseenIn(span: Span, { metered }: Marks): readonly string[] {
  return [...Map.groupBy(metered, ({ region }) => region)].flatMap(([region, times]) => {
    if (times.every(({ end }) => end !== undefined)) return [];
    const began = times[0]?.start ?? span.start;
    return [
      ...(began > span.start ? [`calls in ${region} before ${minuteText(began)}, when metering began there`] : []),
      ...noneOf(times)
        .filter(reachesInto(span))
        .map((off) => `calls in ${region} ${fromTo(off)}, when it had no meter`),
    ];
  });
}

/** When there was none of them, since the first. */
function noneOf(times: readonly MeteredTime[]): readonly Span[] {
  const none: Span[] = [];
  let end: EpochMs | undefined;
  for (const time of times) {
    if (end !== undefined && time.start > end) none.push({ start: end, end: time.start });
    end = Math.max(end ?? 0, time.end ?? Number.POSITIVE_INFINITY);
  }
  return end === undefined ? none : [...none, { start: end, end: Number.POSITIVE_INFINITY }];
}

const BRIEF_MS = 30 * MINUTE_MS;

/**
 * One region may take over from another in the same deployment. And what is brief, and at most half an hour in a day of a
 * span, is named and no more: docs/adr/0012.
 */
const isTooLongFor =
  (span: Span) =>
  ({ start, end }: Span): boolean =>
    end - start > Math.max(SETTLES_WITHIN_MS, Math.min(BRIEF_MS, (span.end - span.start) / 48));

const reachesInto =
  (span: Span) =>
  ({ start, end }: Span): boolean =>
    span.start < end && start < span.end;

const fromTo = ({ start, end }: Span): string =>
  end === Number.POSITIVE_INFINITY ? `since ${minuteText(start)}` : `from ${minuteText(start)} to ${minuteText(end)}`;
