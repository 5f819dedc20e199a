import { SQSClient } from "@aws-sdk/client-sqs";
import { createUndeliveredQueue, permissions } from "@bedrock-governor/aws/sqs/undelivered";
import { describe, expect, it } from "vitest";
import { type Answer, scriptedJson } from "../scripted-json.ts";

const QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/undelivered";

function setUp(answer: Answer = { output: { MessageId: "1" } }) {
  const { config, requests } = scriptedJson(() => answer);
  const queue = createUndeliveredQueue({ sqs: new SQSClient({ ...config, md5: false }), queueUrl: QUEUE });
  return { queue, requests, bodies: () => requests.map(({ input }) => JSON.parse(String(input.MessageBody))) };
}

describe("the queue of undelivered notices", () => {
  it("gets where, which and why", async () => {
    const { queue, requests, bodies } = setUp();
    const undelivered = { channel: "slack", ids: ["a", "b"], why: "Slack answered 400 invalid_payload" };
    await queue.put(undelivered);
    expect([bodies(), requests[0]?.input.QueueUrl]).toEqual([[undelivered], QUEUE]);
  });

  it("gets thousands in messages that SQS takes, and each once", async () => {
    const { queue, requests, bodies } = setUp();
    const ids = Array.from({ length: 20_000 }, (_, n) => String(n).padStart(32, "0"));
    await queue.put({ channel: "sns", ids, why: "too old" });
    expect(bodies().flatMap((body) => body.ids)).toEqual(ids);
    for (const { input } of requests) expect(String(input.MessageBody).length).toBeLessThan(256 * 1_024);
  });

  it("tells who puts something there if it does not take it", async () => {
    const { queue } = setUp({ error: "QueueDoesNotExist" });
    await expect(queue.put({ channel: "slack", ids: ["a"], why: "" })).rejects.toThrow("QueueDoesNotExist");
  });

  it("needs permission for exactly what is sent", async () => {
    const { queue, requests } = setUp();
    await queue.put({ channel: "slack", ids: ["a"], why: "" });
    const arn = "arn:aws:sqs:us-east-1:111122223333:undelivered";
    const actions = requests.map(({ operation }) => `sqs:${operation}`);
    expect(permissions(arn)).toEqual([{ actions, resources: [arn] }]);
  });
});
