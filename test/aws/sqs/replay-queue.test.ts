import { SQSClient } from "@aws-sdk/client-sqs";
import {
  consumerPermissions,
  createReplayQueue,
  permissions,
  readPointer,
} from "@bedrock-governor/aws/sqs/replay-queue";
import { describe, expect, it } from "vitest";
import { type Answer, scriptedJson } from "../scripted-json.ts";

const QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/replay";
const pointer = { logGroup: "group", logStream: "stream", batch: "b", ids: ["1", "2"], from: 1, to: 2 };

function setUp(answer: (body: string) => Answer) {
  const { config, requests } = scriptedJson(({ input }) => answer(String(input.MessageBody)));
  // The client compares this with what it sent, and the test does not compute it.
  const sqs = new SQSClient({ ...config, md5: false });
  return { queue: createReplayQueue({ sqs, queueUrl: QUEUE }), requests };
}

describe("the replay queue", () => {
  it("takes a pointer, which is read as it was written", async () => {
    const { queue, requests } = setUp(() => ({ output: { MessageId: "1" } }));
    await queue.put(pointer);
    expect(requests).toEqual([
      { operation: "SendMessage", input: { QueueUrl: QUEUE, MessageBody: expect.any(String) } },
    ]);
    expect(readPointer(String(requests[0]?.input.MessageBody))).toEqual(pointer);
  });

  it("tells who puts something there if it does not take it", async () => {
    const { queue } = setUp(() => ({ error: "QueueDoesNotExist" }));
    await expect(queue.put(pointer)).rejects.toThrow("QueueDoesNotExist");
  });

  it.each([
    "no JSON",
    "null",
    "[]",
    "{}",
    JSON.stringify({ ...pointer, ids: [] }),
    JSON.stringify({ ...pointer, ids: [1] }),
    JSON.stringify({ ...pointer, from: "1" }),
    JSON.stringify({ ...pointer, batch: "" }),
  ])("holds no pointer in %s, and what it is instead is not said", (body) => {
    expect(() => readPointer(body)).toThrow(/^a message of the replay queue points to no batch$/);
  });

  it("needs permission for exactly what is sent, and what Lambda needs to deliver from it", () => {
    const place = { partition: "aws", account: "111122223333", region: "eu-west-1", stage: "test" };
    const resources = ["arn:aws:sqs:eu-west-1:111122223333:replay"];
    expect(permissions(place, "replay")).toEqual([{ actions: ["sqs:SendMessage"], resources }]);
    expect(consumerPermissions(place, "replay")).toEqual([
      { actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], resources },
    ]);
  });
});
