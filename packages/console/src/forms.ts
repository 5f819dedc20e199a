/**
 * The page's forms: where each is posted (application/x-www-form-urlencoded) and which fields it has.
 * Every one also has `token`. A host answers with the page again (303 to it when something was done),
 * or to `Accept: application/json` with the sections that changed, as `changedSections` gives them.
 */
export const FORMS = {
  /** `limit`: its name. `threshold`: as it was typed, to be read by core's `readThreshold`. */
  threshold: { action: "/threshold", fields: ["limit", "threshold"] },
  /** `mode`: observe, enforce or paused. */
  mode: { action: "/mode", fields: ["mode"] },
  /** `/resets/…` as of now. `principal`: a selector, or empty for everything the limit counts. */
  lift: { action: "/lift", fields: ["limit", "principal", "reason"] },
  /** `principal`: a selector. `limit`: a name, or empty for all limits. `lasts`: see `LASTS`. */
  exempt: { action: "/exempt", fields: ["principal", "limit", "lasts", "reason"] },
  /** `principal`: a selector. `models`: patterns, separated by spaces or commas. `lasts`: see `LASTS`. */
  deny: { action: "/deny", fields: ["principal", "models", "lasts", "reason"] },
  /** `parameter`: of a deny by hand or an exemption, as in `denies/incident-42`; it is removed. */
  end: { action: "/end", fields: ["parameter"] },
  /** `plan`: the id of the held plan. `looked`: "yes". */
  approve: { action: "/approve", fields: ["plan", "looked"] },
  /** One of: `pause` ("yes" or "no"), `step` (minutes to go on), `speed` (simulated seconds in a second). */
  clock: { action: "/clock", fields: ["pause", "step", "speed"] },
} as const satisfies Readonly<Record<string, { readonly action: string; readonly fields: readonly string[] }>>;

export type FormName = keyof typeof FORMS;

/** What the field `lasts` may say, and how it reads. */
export const LASTS: readonly (readonly [duration: string, words: string])[] = [
  ["PT1H", "1 hour"],
  ["PT4H", "4 hours"],
  ["PT24H", "24 hours"],
  ["PT168H", "7 days"],
];
