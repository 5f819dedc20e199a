import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import { CUSTOMERS, type DayShape, NIGHT, OFFICE } from "./day-shape.ts";
import type { Calls, Sessions, Talk } from "./work.ts";

const opus = "anthropic.claude-opus-4-8";
const sonnet = "anthropic.claude-sonnet-4-6";
const haiku = "anthropic.claude-haiku-4-5-20251001-v1:0";
const nova = "amazon.nova-2-lite-v1:0";
const gptOss = "openai.gpt-oss-120b-1:0";

/** CI's application profile in the account in memory; its id says nothing about its model. */
const CI_PROFILE = "k3xqzt9w2m7d";
const CI_PROFILE_ARN = `arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/${CI_PROFILE}`;

/** The models the company uses. CloudWatch names an application profile by its id, callers by its ARN. */
export const CATALOGUE: Catalogue = {
  models: [opus, sonnet, haiku, nova, gptOss].sort(),
  aliases: new Map([
    [CI_PROFILE, sonnet],
    [CI_PROFILE_ARN, sonnet],
  ]),
  otherArns: new Map(),
};

/** One thing that a role does, day after day. */
export interface Job {
  /** The tail of the role's ARN, with its path. */
  readonly principal: string;
  /** How the caller names the model. */
  readonly spelling: string;
  readonly hours: DayShape;
  /** Share of a weekday's work that is done on a day of the weekend. */
  readonly weekend: number;
  readonly work: Calls | Sessions;
}

const codingTalk: Talk = {
  opening: 22_000,
  growth: { median: 2_200, sigma: 0.5 },
  output: { median: 420, sigma: 0.6 },
  pauseMs: 25_000,
  longestContext: 180_000,
};

export const JOBS: readonly Job[] = [
  {
    principal: "role/search-api",
    spelling: `us.${nova}`,
    hours: CUSTOMERS,
    weekend: 0.7,
    work: {
      kind: "calls",
      perDay: 3_600,
      input: { median: 3_200, sigma: 0.4 },
      output: { median: 190, sigma: 0.5 },
      cachedPrompt: 0,
    },
  },
  {
    principal: "role/support-chat",
    spelling: `us.${haiku}`,
    hours: CUSTOMERS,
    weekend: 0.5,
    work: {
      kind: "calls",
      perDay: 1_500,
      input: { median: 3_000, sigma: 0.6 },
      output: { median: 340, sigma: 0.5 },
      cachedPrompt: 6_100,
    },
  },
  {
    principal: "role/data-science/notebooks",
    spelling: `global.${opus}`,
    hours: OFFICE,
    weekend: 0.04,
    work: {
      kind: "calls",
      perDay: 500,
      input: { median: 13_500, sigma: 0.5 },
      output: { median: 1_900, sigma: 0.5 },
      cachedPrompt: 0,
    },
  },
  {
    principal: "role/batch/nightly-summaries",
    spelling: gptOss,
    hours: NIGHT,
    weekend: 1,
    work: {
      kind: "calls",
      perDay: 1_250,
      input: { median: 28_000, sigma: 0.5 },
      output: { median: 1_050, sigma: 0.4 },
      cachedPrompt: 0,
    },
  },
  {
    principal: "role/ci-review",
    spelling: CI_PROFILE_ARN,
    hours: OFFICE,
    weekend: 0.06,
    work: {
      kind: "calls",
      perDay: 280,
      input: { median: 8_500, sigma: 0.7 },
      output: { median: 1_500, sigma: 0.5 },
      cachedPrompt: 14_200,
    },
  },
  {
    principal: "role/agents/coding",
    spelling: `us.${opus}`,
    hours: OFFICE,
    weekend: 0.05,
    work: { kind: "sessions", perDay: 24, turns: 24, talk: codingTalk },
  },
  {
    principal: "role/agents/coding",
    spelling: `global.${haiku}`,
    hours: OFFICE,
    weekend: 0.05,
    work: {
      kind: "calls",
      perDay: 130,
      input: { median: 900, sigma: 0.4 },
      output: { median: 60, sigma: 0.4 },
      cachedPrompt: 0,
    },
  },
  {
    principal: "role/marketing-writer",
    spelling: `global.${sonnet}`,
    hours: OFFICE,
    weekend: 0,
    work: {
      kind: "calls",
      perDay: 210,
      input: { median: 2_000, sigma: 0.5 },
      output: { median: 1_700, sigma: 0.4 },
      cachedPrompt: 0,
    },
  },
  ...[`us.${sonnet}`, `global.${nova}`, `us.${haiku}`, `global.${opus}`, gptOss].map(
    (spelling): Job => ({
      principal: "role/platform-experiments",
      spelling,
      hours: OFFICE,
      weekend: 0.1,
      work: {
        kind: "calls",
        perDay: 70,
        input: { median: 4_000, sigma: 0.9 },
        output: { median: 900, sigma: 0.8 },
        cachedPrompt: 0,
      },
    }),
  ),
];

/**
 * The coding agent's bad days: a test that cannot pass, and a session that goes on trying. Nobody
 * looks until its container is replaced at midnight of the company's clock. Refused the model it
 * wants, it takes the next one.
 */
export const LOOP = {
  principal: "role/agents/coding",
  spelling: `us.${opus}`,
  fallback: `global.${sonnet}`,
  /** Days of the week (0 = Monday), and the hour at which it begins. */
  begins: new Map([
    [0, 10 + 40 / 60],
    [3, 14 + 20 / 60],
  ]),
  endsAtHour: 24,
  talk: {
    opening: 120_000,
    growth: { median: 3_400, sigma: 0.3 },
    output: { median: 330, sigma: 0.4 },
    pauseMs: 3_740,
    longestContext: 600_000,
  } satisfies Talk,
};
