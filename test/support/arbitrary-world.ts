import fc from "fast-check";
import { createWorld, HAIKU, NOVA, OPUS, SONNET, type World } from "./world.ts";

const TAILS = ["role/alice", "role/team/bob", "role/team/carol", "user/ci", "role/break-glass"];
const IDS = ["role/alice", "role/bob", "role/carol", "user/ci", "role/break-glass"];
const MODELS = [OPUS, SONNET, HAIKU, NOVA];
const PATTERNS = [OPUS, HAIKU, "anthropic.*", "anthropic.claude-opus-*", "*haiku*", "*"];
const SELECTORS = ["*", "role/*", "role/team/*", "user/ci", "role/alice"];

const steps = fc.constantFrom<unknown>(
  undefined,
  [{ at: 100, deny: true }],
  [
    { at: 50, notify: true },
    { at: 100, deny: true, except: ["*haiku*"] },
  ],
  [
    { at: 60, deny: [OPUS] },
    { at: 120, deny: true, except: ["*sonnet*"] },
  ],
);

const shape = fc.oneof(
  fc.record({
    source: fc.constant("logs"),
    per: fc.constantFrom([], ["principal"], ["model"], ["principal", "model"]),
  }),
  fc.record({ source: fc.constant("metrics"), per: fc.constantFrom([], ["model"]) }),
);

const limit = fc
  .record({
    models: fc.constantFrom(["*"], ["anthropic.*"], ["anthropic.*", NOVA]),
    principals: fc.subarray(SELECTORS, { minLength: 1 }),
    shape,
    measure: fc.constant("totalTokens"),
    period: fc.constantFrom("hour", "day", "month", "rolling PT30M"),
    threshold: fc.integer({ min: 10, max: 200 }),
    steps,
    reset: fc.constantFrom("period", "manual"),
    mode: fc.constantFrom("enforce", "enforce", "enforce", "observe"),
  })
  .map(({ shape, steps, ...rest }) => ({ ...rest, ...shape, ...(steps !== undefined && { steps }) }));

export interface Spent {
  readonly principal: string;
  readonly model: string;
  readonly amount: number;
}

const spent: fc.Arbitrary<Spent> = fc.record({
  principal: fc.constantFrom(...IDS, "role/deleted"),
  model: fc.constantFrom(...MODELS),
  amount: fc.integer({ min: 0, max: 150 }),
});

const deny = fc.record({
  principals: fc.subarray(SELECTORS, { minLength: 1 }),
  models: fc.subarray(PATTERNS, { minLength: 1, maxLength: 2 }),
  reason: fc.constant("incident"),
});

const exemption = fc.record(
  {
    principals: fc.subarray(SELECTORS, { minLength: 1 }),
    models: fc.subarray(PATTERNS, { minLength: 1, maxLength: 2 }),
    until: fc.constantFrom("2026-01-05T13:30:00Z", "2026-03-01T00:00:00Z"),
    upTo: fc.constantFrom(110, 150),
    reason: fc.constant("launch"),
  },
  { requiredKeys: ["principals", "until", "reason"] },
);

/** What an account is made of; the same description makes the same account again. */
export interface Blueprint {
  readonly limits: readonly Record<string, unknown>[];
  readonly denies: readonly Record<string, unknown>[];
  readonly exemptions: readonly Record<string, unknown>[];
  readonly spent: readonly Spent[];
}

export const blueprint: fc.Arbitrary<Blueprint> = fc.record({
  limits: fc.array(limit, { minLength: 1, maxLength: 4 }),
  denies: fc.array(deny, { maxLength: 1 }),
  exemptions: fc.array(exemption, { maxLength: 1 }),
  spent: fc.array(spent, { maxLength: 12 }),
});

export const spending = fc.array(spent, { minLength: 1, maxLength: 6 });

/** Puts a blueprint's parameters and usage into a new account. `reversed` lists everything the other way round. */
export function build(plan: Blueprint, reversed = false): World {
  const order = <T>(list: readonly T[]): readonly T[] => (reversed ? [...list].reverse() : list);
  const world = createWorld({ principals: order(TAILS), models: order(MODELS) });
  const put = (kind: string, values: readonly Record<string, unknown>[]) => {
    for (const [index, value] of order([...values.entries()])) world.settings.set(`${kind}/${kind}-${index}`, value);
  };
  put("limits", plan.limits);
  put("denies", plan.denies);
  put("exemptions", plan.exemptions);
  for (const { principal, model, amount } of order(plan.spent)) world.spend(principal, model, amount);
  return world;
}
