import { assembleSettings } from "@bedrock-governor/core/limit/assemble-settings";
import { describe, expect, it } from "vitest";

const SECRET = "xoxb-482910471122-Zq7vK9rTw";
/** Whatever a reader might make of it. */
const PARTS = /xoxb|482910|zq7vk9rtw/i;

const LIMIT = {
  description: "for all",
  owner: "ml",
  models: ["anthropic.*"],
  principals: ["role/*"],
  exceptPrincipals: ["role/lead"],
  source: "logs",
  measure: "usd",
  per: ["principal"],
  period: "day",
  timeZone: "Europe/Berlin",
  threshold: 100,
  bounds: { min: 20, max: 300 },
  overrides: [{ principals: ["role/batch"], threshold: 200 }],
  steps: [{ at: 100, notify: true, deny: ["anthropic.*"], except: ["anthropic.*haiku*"] }],
  reset: "period",
  mode: "enforce",
};
const VALID: Readonly<Record<string, unknown>> = {
  mode: "enforce",
  "max-new-denies": 25,
  "plan-approved": "0123456789abcdef",
  "limits/daily/threshold": 200,
  "limits/other": LIMIT,
  "exemptions/x": {
    principals: ["role/batch"],
    limits: ["daily"],
    models: ["*"],
    from: "2026-03-01T08:00:00Z",
    until: "2026-03-31T18:00:00Z",
    upTo: 200,
    reason: "x",
  },
  "denies/x": { principals: ["role/batch"], models: ["*"], until: "2026-03-31T18:00:00Z", reason: "x" },
  "resets/x": {
    limit: "daily",
    at: "2026-03-01T08:00:00Z",
    keys: [{ principal: "role/batch", model: "*" }],
    reason: "x",
  },
  "prices/x": { models: ["*"], region: "eu-central-1", perMillion: { inputTokens: 5 } },
};

/** How a secret may be written: as it is, or within what is nearly right. */
const SPELLINGS: readonly unknown[] = [
  SECRET,
  `https://hooks.slack.com/services/T0/B0/${SECRET}`,
  `${SECRET} `,
  `"${SECRET}`,
  `a" ${SECRET} "b`,
  `role/"${SECRET}"`,
  `{"token":"${SECRET}"}`,
  `budget:x" ${SECRET} "y`,
  `${SECRET}\n"`,
  Number(SECRET.slice(5, 17)),
  -Number(SECRET.slice(5, 17)),
  SECRET.slice(5, 17),
  `P1D${SECRET}`,
  `rolling ${SECRET}`,
  `budget:${SECRET}:`,
  `us.anthropic.${SECRET}`,
  `*.anthropic.${SECRET}`,
  `anthropic.${SECRET}?`,
  `arn:aws:bedrock:us-east-1::foundation-model/anthropic.${SECRET}`,
  `roles/${SECRET}`,
  `user/${SECRET}/`,
  `sso/${SECRET}`,
  `${SECRET}@example.com`,
  `assumed-role/${SECRET}/x`,
  `role/AWSReservedSSO_${SECRET}_0123456789abcdef`,
  `arn:aws:sts::111122223333:assumed-role/${SECRET}/x`,
  `arn:aws:sts::111122223333:federated-user/${SECRET}`,
  { [SECRET]: 1 },
  { xoxb482910: { Zq7vK9rTw: SECRET } },
  [SECRET],
  [[SECRET, SECRET]],
];

/** The value with something else in one of its places, for each place; and the place itself renamed. */
function* spoilt(value: unknown, other: unknown): Generator<unknown> {
  yield other;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const bad of spoilt(item, other)) yield value.with(index, bad);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      for (const bad of spoilt(item, other)) yield { ...value, [key]: bad };
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      yield { ...rest, [String(other)]: item };
    }
  }
}

function problemsOf(name: string, text: string) {
  const parameter = (of: string, value: string) => ({
    name: of,
    versions: [{ version: 1, value, by: "user/ada", at: 0 }],
    moreVersions: false,
  });
  const limit = parameter("limits/daily", JSON.stringify(LIMIT));
  return assembleSettings([limit, parameter(name, text)]).settings.problems.flatMap(({ problems }) => problems);
}

describe("what is told of a value that is not valid", () => {
  it.each(Object.entries(VALID))("holds nothing that was written, wherever a secret was pasted: %s", (name, valid) => {
    let refused = 0;
    for (const spelling of SPELLINGS) {
      for (const bad of spoilt(valid, spelling)) {
        const json = JSON.stringify(bad);
        const texts = [
          json,
          json.replaceAll('"', ""),
          json.slice(0, -2),
          `${json}${SECRET}`,
          json.replaceAll(":", " "),
        ];
        if (typeof bad === "string") texts.push(bad);
        for (const text of texts) {
          const problems = problemsOf(name, text);
          refused += problems.length;
          expect(JSON.stringify(problems), text).not.toMatch(PARTS);
        }
      }
    }
    expect(refused).toBeGreaterThan(50);
  });

  it("names where it is, what is allowed and what to write, where that is not what was written", () => {
    const limit = (changes: object) => JSON.stringify({ ...LIMIT, ...changes });
    const told = (name: string, text: string) =>
      problemsOf(name, text).map(({ path, problem, remedy }) => `${path}: ${problem}; ${remedy}`);
    expect([
      ...told("mode", "enforced"),
      ...told("max-new-denies", "many"),
      ...told("limits/daily/threshold", "5000000"),
      ...told("limits/x", limit({ threshold: "100" })),
      ...told("limits/x", limit({ period: "daily" })),
      ...told("limits/x", limit({ source: "log" })),
      ...told("limits/x", limit({ bounds: { min: 20 } })),
      ...told("limits/x", limit({ steps: [{ at: 80, deni: true }] })),
      ...told("limits/x", limit({ principals: "role/batch" })),
      ...told("limits/x", "{ 'models': 1 }"),
      ...told("limits/x", '{ "models": [ }'),
      ...told("exemptions/x", JSON.stringify({ principals: ["role/batch"], until: "tomorrow", reason: "x" })),
    ]).toMatchInlineSnapshot(`
      [
        ": must be observe, enforce, paused, not "…"; write enforce",
        ": must be a whole number from 0 to 100,000, not "…"; write a number and nothing else",
        ": must be a number from 20 to 300, the bounds of the limit daily, not …; write 300, or have the limit's bounds changed",
        "threshold: must be a number above 0 and at most 1,000,000,000,000,000; write 100 without the quotes",
        "period: must be "hour", "day", "week", "month" or "rolling " and an ISO 8601 duration; write "day"",
        "source: must be "metrics", "logs" or "budget:" and a budget's name; write "logs"",
        "bounds.max: is missing: it must be a number above 0 and at most 1,000,000,000,000,000; add it, as in "max": 300",
        "steps[0].…: is no key known here; rename it to deny, or remove it",
        "principals: must be a list of at least one principal, such as role/<name>; put it in a list: ["role/batch"]",
        ": is not JSON: at line 1, column 3 there is "'" instead of a key in double quotes; use plain double quotes (")",
        ": is not JSON: at line 1, column 15 there is "}" instead of a value; correct it there",
        "until: must be a date and time with an offset or Z (ISO 8601); write it as in "2026-03-31T18:00:00+02:00" or "2026-03-31T16:00:00Z"",
      ]
    `);
  });
});
