import { createWake, permissions } from "@bedrock-governor/aws/eventbridge/wake";
import { expect, it } from "vitest";
import { type Answer, scriptedEventbridge } from "./scripted-eventbridge.ts";

const BUS = "bedrock-governor-test";

function setUp(answer: Answer) {
  const { eventbridge, ...recorded } = scriptedEventbridge(() => answer);
  return { wake: createWake({ eventbridge, busName: BUS }), ...recorded };
}

it("wakes the reconciler with an event that says nothing of usage", async () => {
  const { wake, calls } = setUp([true]);
  await wake();
  expect(calls).toEqual([[{ EventBusName: BUS, Source: "bedrock-governor.signal", DetailType: "Wake", Detail: "{}" }]]);
});

it.each([["did not take", [false]] as const, ["", "failure"] as const])(
  "tells its caller if the bus %s it",
  async (why, answer) => {
    await expect(setUp(answer).wake()).rejects.toThrow(why);
  },
);

it("needs permission for exactly what it sends, and under no other name", async () => {
  const { wake, operations } = setUp([true]);
  await wake();
  const place = { partition: "aws", account: "111122223333", region: "us-east-1", stage: "test" };
  expect(permissions(place, BUS)).toEqual([
    {
      actions: operations.map((operation) => `events:${operation}`),
      resources: [`arn:aws:events:us-east-1:111122223333:event-bus/${BUS}`],
      condition: { "ForAllValues:StringEquals": { "events:source": ["bedrock-governor.signal"] } },
    },
  ]);
});
