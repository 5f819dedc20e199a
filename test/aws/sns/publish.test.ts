import { SNSClient } from "@aws-sdk/client-sns";
import { permissions } from "@bedrock-governor/aws/sns/permissions";
import { createTopic } from "@bedrock-governor/aws/sns/publish";
import { describe, expect, it } from "vitest";

const TOPIC = "arn:aws:sns:us-east-1:111122223333:notices";

/** A real client whose requests are answered here; what is recorded is what SNS would have seen. */
function setUp(refusal?: { readonly code: string; readonly status: number }) {
  const requests: Record<string, string>[] = [];
  const sns = new SNSClient({
    region: "us-east-1",
    maxAttempts: 1,
    requestHandler: {
      async handle({ body }: { body: string }) {
        requests.push(Object.fromEntries(new URLSearchParams(body)));
        const error = `<Error><Type>Sender</Type><Code>${refusal?.code}</Code><Message>Invalid parameter: Message too long</Message></Error>`;
        const text = refusal
          ? `<ErrorResponse>${error}</ErrorResponse>`
          : "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
        const headers = { "content-type": "text/xml" };
        return { response: { statusCode: refusal?.status ?? 200, headers, body: new TextEncoder().encode(text) } };
      },
    },
  });
  return { topic: createTopic({ sns, topicArn: TOPIC }), requests };
}

describe("a topic", () => {
  it("gives machines the JSON, mails the text and phones a line, each with what one may filter by", async () => {
    const { topic, requests } = setUp();
    const forPeople = { email: "Denied:\nrole/alice", sms: "[test] Denied" };
    const attributes = { type: "Access Denied" };
    expect(await topic.publish({ subject: "[test] Denied", message: "{}", forPeople, attributes })).toEqual({
      status: "sent",
    });
    expect(requests).toEqual([
      {
        Action: "Publish",
        Version: "2010-03-31",
        TopicArn: TOPIC,
        Subject: "[test] Denied",
        MessageStructure: "json",
        Message: '{"default":"{}","email":"Denied:\\nrole/alice","sms":"[test] Denied"}',
        "MessageAttributes.entry.1.Name": "type",
        "MessageAttributes.entry.1.Value.DataType": "String",
        "MessageAttributes.entry.1.Value.StringValue": "Access Denied",
      },
    ]);
  });

  it("gives everybody the message as it is where none is for people", async () => {
    const { topic, requests } = setUp();
    await topic.publish({ message: '{"version":"1.0"}' });
    expect(requests).toEqual([
      { Action: "Publish", Version: "2010-03-31", TopicArn: TOPIC, Message: '{"version":"1.0"}' },
    ]);
  });

  it.each(["InvalidParameter", "ParameterValueInvalid", "ValidationException"])(
    "that answers %s would refuse the message again",
    async (code) => {
      const { topic } = setUp({ code, status: 400 });
      expect(await topic.publish({ message: "{}" })).toEqual({
        status: "refused",
        why: expect.stringContaining("Message too long"),
      });
    },
  );

  it.each([
    ["Throttled", 429],
    ["AuthorizationError", 403],
    ["NotFound", 404],
    ["InternalError", 500],
  ])("that answers %s may take it later", async (code, status) => {
    const { topic } = setUp({ code, status });
    await expect(topic.publish({ message: "{}" })).rejects.toThrow();
  });

  it("needs permission for exactly what is sent", async () => {
    const { topic, requests } = setUp();
    await topic.publish({ message: "{}" });
    const actions = requests.map(({ Action }) => `sns:${Action}`);
    expect(permissions([TOPIC])).toEqual([{ actions, resources: [TOPIC] }]);
  });
});
