import type { z } from "zod";
import { isBudget, type Limit, type Step } from "./limit.ts";
import { limitRules } from "./limit-rules.ts";
import { limitSchema } from "./limit-schema.ts";
import { overrideRules } from "./override-rules.ts";
import type { Checked } from "./problem.ts";
import { readShape } from "./read-shape.ts";
import { stepRules } from "./step-rules.ts";
import type { WrittenStep } from "./step-schema.ts";

const DEFAULT_STEPS: readonly WrittenStep[] = [
  { at: 80, notify: true },
  { at: 100, deny: true },
];
const DEFAULT_LIFT_BELOW = 90;

/**
 * Reads the JSON text of `/limits/<name>`: a limit with its defaults filled in, or everything that
 * is wrong with it.
 */
export function readLimit(name: string, text: string): Checked<Limit> {
  const written = readShape(name, text, limitSchema, [...limitRules, ...overrideRules, ...stepRules]);
  return written.ok ? { ok: true, value: limitFrom(name, written.value) } : written;
}

function limitFrom(name: string, written: z.output<typeof limitSchema>): Limit {
  const { description, owner, source, threshold, bounds, per = [] } = written;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(owner !== undefined && { owner }),
    models: written.models,
    principals: written.principals,
    exceptPrincipals: written.exceptPrincipals ?? [],
    source,
    // The rules let only a budget leave measure and period out.
    measure: written.measure ?? "usd",
    per: { principal: per.includes("principal"), model: per.includes("model") },
    period: periodFrom(written),
    ...(threshold !== undefined && { threshold }),
    ...(bounds !== undefined && { bounds }),
    overrides: written.overrides ?? [],
    steps: (written.steps ?? DEFAULT_STEPS).map(stepFrom).sort((a, b) => a.at - b.at),
    reset: written.reset ?? "period",
    liftBelow: written.liftBelow ?? DEFAULT_LIFT_BELOW,
    mode: written.mode ?? "enforce",
  };
}

function periodFrom({ source, period, timeZone = "UTC" }: z.output<typeof limitSchema>): Limit["period"] {
  if (period === undefined || isBudget(source)) return { kind: "budget" };
  return period.kind === "calendar" ? { ...period, timeZone } : period;
}

function stepFrom({ at, notify, deny, except = [] }: WrittenStep): Step {
  if (deny === undefined || deny === false) return { at, notify: notify === true, except: [] };
  return { at, notify: true, deny: deny === true ? "counted" : deny, except };
}
