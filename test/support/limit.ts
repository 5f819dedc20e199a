import type { Limit } from "@bedrock-governor/core/limit/limit";

/** A limit in dollars a day per principal, but for what a test changes. */
export function limit(name: string, changes: Partial<Limit> = {}): Limit {
  return {
    name,
    models: ["anthropic.*"],
    principals: ["role/*"],
    exceptPrincipals: [],
    source: "logs",
    measure: "usd",
    per: { principal: true, model: false },
    period: { kind: "calendar", unit: "day", timeZone: "Europe/Berlin" },
    threshold: 100,
    overrides: [],
    steps: [
      { at: 80, notify: true, except: [] },
      { at: 100, notify: true, deny: "counted", except: [] },
    ],
    reset: "period",
    liftBelow: 90,
    mode: "enforce",
    ...changes,
  };
}
