import { type AccountOptions, createAccount } from "@bedrock-governor/simulator/account/account";
import { createClock } from "@bedrock-governor/simulator/clock";
import { fixedLatency } from "./fixed-latency.ts";

export const START = Date.UTC(2026, 0, 5);
export const MINUTE = 60_000;
export const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
export const HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0";

/** An account whose delays are fixed. */
export function setUp(options: Partial<AccountOptions> = {}) {
  const clock = createClock(START);
  const account = createAccount({ clock, latency: fixedLatency(), ...options });
  return { clock, account, pass: (ms: number) => clock.runUntil(clock.now() + ms) };
}

export const use = (inputTokens: number, outputTokens = 0) => ({ inputTokens, outputTokens });
