import { isCountable } from "@bedrock-governor/functions/meter-batch";
import { expect, it } from "vitest";

const USAGE = {
  minute: 0,
  principal: "role/batch",
  model: "amazon.nova-pro-v1:0",
  invocations: 1,
  inputTokens: 100,
  outputTokens: 10,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  images: 0,
  unpriced: 0,
  usd: 0.25,
};

it("counts sums that are whole, not negative, and exact", () => {
  expect(isCountable(USAGE)).toBe(true);
});

it.each([{ inputTokens: -1 }, { images: 0.5 }, { outputTokens: 2 ** 53 }, { usd: -0.01 }, { usd: 1e8 }, { usd: NaN }])(
  "counts no sums like %j",
  (wrong) => {
    expect(isCountable({ ...USAGE, ...wrong })).toBe(false);
  },
);
