import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";

/** 11:32:05 in Berlin. */
const NOON = Date.UTC(2026, 0, 5, 10, 32, 5);
const MIDNIGHT = Date.UTC(2026, 0, 4, 23);
const DAY = { start: MIDNIGHT, end: MIDNIGHT + 86_400_000, timeZone: "Europe/Berlin" };

const base = { version: 1, time: NOON, stage: "production", account: "111122223333" } as const;

const dailySpend = {
  limit: "daily-spend",
  owner: "ml-platform (#ask-ml)",
  measure: "usd",
  source: "logs",
  steps: [
    { at: 50, denies: false },
    { at: 80, denies: true },
    { at: 100, denies: true },
  ],
} as const;

/** Of a bill that departs from what was used, and of the end of that. */
const billed = {
  limit: "claude-monthly",
  owner: "finance",
  measure: "usd",
  source: "budget:claude-monthly",
  models: ["anthropic.*"],
  steps: [{ at: 100, denies: true }],
  period: { start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 1, 1), timeZone: "UTC" },
  since: Date.UTC(2026, 0, 2, 9),
} as const;

const cheap = ["anthropic.claude-haiku-*", "amazon.nova-*"];

/** An event of each kind as the governor makes it, under the name of its picture. */
export const EXAMPLES = {
  warned: event("Limit Warned", {
    ...dailySpend,
    principal: "role/coding-agent",
    models: ["*"],
    usage: 52.4,
    threshold: 100,
    step: 50,
    period: DAY,
    reason: "reached 50 %: $52.40 of $100 today for role/coding-agent",
  }),
  denied: event("Access Denied", {
    ...dailySpend,
    principal: "role/coding-agent",
    models: ["anthropic.claude-opus-*"],
    usage: 81.35,
    threshold: 100,
    step: 80,
    period: DAY,
    stillOpen: ["anthropic.claude-sonnet-*", ...cheap],
    reason: "reached 80 %: $81.35 of $100 today for role/coding-agent",
    ends: "lifts at 00:00 Europe/Berlin",
  }),
  "denied-by-hand": event("Access Denied", {
    principal: "user/intern",
    models: ["anthropic.claude-opus-4-6-v1"],
    reason: "denied by hand (parameter denies/load-test): a load test against the dear model, ticket OPS-311",
    ends: "lifts at Fri 9 Jan 18:00 UTC",
  }),
  lifted: event("Access Lifted", {
    ...dailySpend,
    principal: "role/coding-agent",
    models: ["anthropic.claude-opus-*"],
    usage: 0,
    threshold: 100,
    period: { start: DAY.end, end: DAY.end + 86_400_000, timeZone: DAY.timeZone },
    time: DAY.end + 21_000,
    since: NOON,
    reason: "a new period of limit daily-spend began at 00:00 Europe/Berlin",
  }),
  "would-deny": event("Would Deny", {
    ...dailySpend,
    principal: "role/batch",
    models: ["anthropic.claude-opus-*", "anthropic.claude-sonnet-*", "meta.*"],
    usage: 104.2,
    threshold: 100,
    step: 100,
    period: DAY,
    stillOpen: cheap,
    reason: "$104.20 of $100 today for role/batch",
    ends: "would lift at 00:00 Europe/Berlin",
  }),
  "would-lift": event("Would Lift", {
    ...dailySpend,
    principal: "role/batch",
    models: ["anthropic.claude-opus-*", "anthropic.claude-sonnet-*", "meta.*"],
    usage: 104.2,
    threshold: 250,
    period: DAY,
    since: NOON - 1_800_000,
    reason: "usage is below limit daily-spend as it is now",
  }),
  "plan-held": event("Plan Held", {
    models: ["anthropic.*"],
    reason: "212 principals would newly be denied, more than the 25 allowed within 10 minutes: none of them is",
    ends: "goes ahead when parameter plan-approved is set to 5f0c1d9e77a24b10, or when limits change so that fewer are denied",
  }),
  failed: event("Enforcement Failed", {
    principal: "role/research",
    since: NOON,
    reason: "role/research has 10 attached policies, and AWS allows no more",
    ends: "detach a policy that the role does not need, or have the quota of attached policies raised",
  }),
  "cannot-be-denied": event("Enforcement Failed", {
    ...dailySpend,
    principal: "sso/PowerUsers/ada@example.com",
    models: ["*"],
    usage: 133,
    threshold: 100,
    step: 100,
    period: DAY,
    reason:
      "$133 of $100 today for sso/PowerUsers/ada@example.com, and sso/PowerUsers/ada@example.com cannot be denied (Identity Center user)",
    ends: "attach a guard policy to the permission set, or remove the assignment",
  }),
  recovered: event("Enforcement Recovered", {
    principal: "role/research",
    since: NOON - 2_400_000,
    reason:
      "what went wrong from 09:52:05 UTC on is over: role/research has 10 attached policies, and AWS allows no more",
  }),
  contested: event("Attachment Contested", {
    principal: "role/deployed-by-terraform",
    models: ["anthropic.claude-opus-*"],
    reason:
      "the deny policy of role/deployed-by-terraform was taken off and put back 3 times within a day: another tool seems to own the role's attachments",
    ends: "let that tool ignore policies under /bedrock-governor/, or give the role a guard policy instead",
  }),
  "limit-changed": event("Limit Changed", {
    ...dailySpend,
    reason:
      "limits/daily-spend was changed by arn:aws:iam::111122223333:user/ada: principals changed, threshold from 100 to 250",
    change: {
      old: '{"models":["*"],"principals":["role/*"],"source":"logs","measure":"usd","per":["principal"],"period":"day","threshold":100}',
      new: '{"models":["*"],"principals":["role/*","user/*"],"source":"logs","measure":"usd","per":["principal"],"period":"day","threshold":250}',
      by: "arn:aws:iam::111122223333:user/ada",
    },
  }),
  "deny-removed": event("Limit Changed", {
    reason: "denies/load-test was removed",
    change: {
      old: '{"principals":["user/intern"],"models":["anthropic.claude-opus-4-6-v1"],"reason":"a load test, ticket OPS-311"}',
      by: "unknown, see CloudTrail",
    },
  }),
  "limit-invalid": event("Limit Invalid", {
    ...dailySpend,
    reason:
      "limits/daily-spend: threshold: must be a number above 0 (version 8, written by arn:aws:iam::111122223333:user/ada at 10:31 UTC); version 7 stays in force, as it has since 2 Jan 09:14 UTC",
    ends: "write 100 without the quotes",
    change: { by: "arn:aws:iam::111122223333:user/ada" },
  }),
  "mode-changed": event("Mode Changed", {
    mode: "enforce",
    reason: "mode was changed from observe to enforce by arn:aws:iam::111122223333:user/ada",
    change: { old: "observe", new: "enforce", by: "arn:aws:iam::111122223333:user/ada" },
  }),
  "exemption-granted": event("Exemption Granted", {
    reason: "exemptions/quarter-end was set by arn:aws:iam::111122223333:user/ada",
    change: {
      new: '{"principals":["role/reporting"],"until":"2026-01-08T18:00:00Z","reason":"quarter end, ticket FIN-12"}',
      by: "arn:aws:iam::111122223333:user/ada",
    },
  }),
  "exemption-expired": event("Exemption Expired", {
    reason: "exemption quarter-end (quarter end, ticket FIN-12) ended at 18:00 UTC",
  }),
  "usage-unknown": event("Usage Unknown", {
    ...dailySpend,
    since: NOON - 300_000,
    reason:
      "usage is unknown (the invocation log of us-east-1 has not been read since 10:20 UTC): nobody is newly denied by this limit, and denies that it could cause are held",
    ends: "ends with the next complete reading",
  }),
  "usage-known": event("Enforcement Recovered", {
    ...dailySpend,
    time: NOON + 1_200_000,
    since: NOON - 300_000,
    reason:
      "usage is known again. It was unknown from 10:27:05 UTC on (the invocation log of us-east-1 has not been read since 10:20 UTC)",
  }),
  drift: event("Metering Drift", {
    models: ["anthropic.claude-sonnet-4-6-v1"],
    measure: "totalTokens",
    usage: 1_204_331,
    period: { start: NOON - 5_525_000, end: NOON - 1_925_000, timeZone: "UTC" },
    reason:
      "anthropic.claude-sonnet-4-6-v1: from 09:00 UTC to 10:00 UTC, the invocation log tells of 312 calls and 1.2 M tokens, CloudWatch of 401 calls and 1.58 M tokens; likely calls in a region without a meter, log deliveries that failed, or roads that the log does not see",
    ends: "until an hourly check agrees, usage of this model by the log is unknown: limits on the log deny nobody newly for it, and hold their denies",
  }),
  "drift-over": event("Enforcement Recovered", {
    time: NOON + 7_200_000,
    since: NOON - 5_525_000,
    models: ["anthropic.claude-sonnet-4-6-v1"],
    period: { start: NOON + 1_675_000, end: NOON + 5_275_000, timeZone: "UTC" },
    reason:
      "anthropic.claude-sonnet-4-6-v1: from 11:00 UTC to 12:00 UTC, the invocation log tells of 355 calls and 1.4 M tokens, CloudWatch of 355 calls and 1.4 M tokens: they agree again",
  }),
  "bill-drift": event("Metering Drift", {
    ...billed,
    usage: 412.6,
    reason:
      "up to 5 Jan 09:00 UTC, estimate $501.20, metered $509.38, billed $412.60: billed is 19 % below what was metered since 2026-01-02; likely prices that are lower than the built-in ones, or a budget whose filter misses some of the usage",
    ends: 'if the budget is for these models and no others, set /prices/claude-monthly {"models":["anthropic.*"],"multiplier":0.81}',
  }),
  "bill-agrees": event("Enforcement Recovered", {
    ...billed,
    time: NOON + 86_400_000,
    usage: 460,
    reason: "up to 6 Jan 09:00 UTC, estimate $561.20, metered $462.11, billed $460: the bill agrees",
  }),
} as const satisfies Readonly<Record<string, GovernorEvent>>;

/** A night in which a shared limit was reached: more changes than anybody reads one by one. */
export const MANY: readonly GovernorEvent[] = [
  ...Array.from({ length: 214 }, (_, index) => {
    const principal = `role/team-${String(index + 1).padStart(3, "0")}`;
    const usage = 100 + ((index * 37) % 90) / 10;
    const reason = `$${usage.toFixed(2)} of $100 today for ${principal}`;
    return {
      ...EXAMPLES.denied,
      id: `denied-${index}`,
      principal,
      models: ["anthropic.claude-opus-*", "anthropic.claude-sonnet-*"],
      usage,
      step: 100,
      reason,
    };
  }),
  ...Array.from({ length: 31 }, (_, index) => {
    const principal = `role/night-${index + 1}`;
    return {
      ...EXAMPLES.lifted,
      id: `lifted-${index}`,
      principal,
      limit: "nightly-batch",
      reason: "a new period of limit nightly-batch began at 00:00 Europe/Berlin",
    };
  }),
  EXAMPLES["cannot-be-denied"],
  EXAMPLES["mode-changed"],
];

function event(
  type: GovernorEvent["type"],
  fields: Omit<GovernorEvent, "id" | "type" | "version" | "time" | "stage" | "account"> & { readonly time?: number },
): GovernorEvent {
  const id = Buffer.from(`${type} ${fields.principal ?? fields.limit ?? ""}`.padEnd(16))
    .toString("hex")
    .slice(0, 32);
  return { ...base, id, type, ...fields };
}
