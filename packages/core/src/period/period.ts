/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

export type CalendarUnit = "hour" | "day" | "week" | "month";

/** The calendar or rolling span a threshold applies to; a budget brings its own. */
export type Period =
  | { readonly kind: "calendar"; readonly unit: CalendarUnit; readonly timeZone: string }
  | { readonly kind: "rolling"; readonly lengthMs: number; readonly text: string }
  | { readonly kind: "budget" };

/** From `start` on, before `end`. A rolling span ends now. */
export interface Span {
  readonly start: EpochMs;
  readonly end: EpochMs;
}
