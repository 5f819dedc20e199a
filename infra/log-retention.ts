import { settings } from "./stage.ts";

/** What CloudWatch Logs knows between the shortest and the longest `retentionDays`, as SST says it. */
const TERMS = [
  { words: "1 month", days: 30 },
  { words: "2 months", days: 60 },
  { words: "3 months", days: 90 },
  { words: "4 months", days: 120 },
  { words: "5 months", days: 150 },
  { words: "6 months", days: 180 },
  { words: "1 year", days: 365 },
  { words: "13 months", days: 400 },
  { words: "18 months", days: 545 },
  { words: "2 years", days: 731 },
  { words: "3 years", days: 1096 },
  { words: "5 years", days: 1827 },
  { words: "6 years", days: 2192 },
  { words: "7 years", days: 2557 },
  { words: "8 years", days: 2922 },
  { words: "9 years", days: 3288 },
  { words: "10 years", days: 3653 },
] as const;

/** Logs name people, so they are kept no longer than the settings say. */
export const logRetention = TERMS.findLast(({ days }) => days <= settings.retentionDays) ?? TERMS[0];
