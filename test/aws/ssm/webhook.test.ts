import { SSMClient } from "@aws-sdk/client-ssm";
import { createWebhookParameter, permissions } from "@bedrock-governor/aws/ssm/webhook";
import { describe, expect, it } from "vitest";
import { type Answer, scriptedJson } from "../scripted-json.ts";

const place = { partition: "aws", account: "111122223333", region: "us-east-1", stage: "production" };
const NAME = "/bedrock-governor/production/notify/slack-webhook";

function setUp(answer: (count: number) => Answer) {
  const { config, requests } = scriptedJson((_, count) => answer(count));
  return { webhook: createWebhookParameter({ ssm: new SSMClient(config), place }), requests };
}

describe("the webhook's parameter", () => {
  it("is decrypted and read each time, so that another address is used at once", async () => {
    const { webhook, requests } = setUp((count) => ({
      output: {
        Parameter: { Value: `https://slack/${count}\n`, Type: "SecureString", LastModifiedDate: 1_767_000_000 },
      },
    }));
    const set = { setAt: 1_767_000_000_000, isEncrypted: true };
    expect([await webhook.read(), await webhook.read()]).toEqual([
      { address: "https://slack/1", ...set },
      { address: "https://slack/2", ...set },
    ]);
    expect(requests[0]).toEqual({ operation: "GetParameter", input: { Name: NAME, WithDecryption: true } });
  });

  it("that is not set is no webhook", async () => {
    const { webhook } = setUp(() => ({ error: "ParameterNotFound" }));
    expect(await webhook.read()).toBeUndefined();
  });

  it("says so where it was stored without encryption", async () => {
    const Parameter = { Value: "https://slack/1", Type: "String", LastModifiedDate: 1_767_000_000 };
    const { webhook } = setUp(() => ({ output: { Parameter } }));
    expect(await webhook.read()).toMatchObject({ isEncrypted: false });
  });

  it.each(["AccessDeniedException", "InternalServerError"])("that answers %s is unread", async (error) => {
    const { webhook } = setUp(() => ({ error }));
    await expect(webhook.read()).rejects.toThrow(error);
  });

  it("needs permission to read it and nothing beside", async () => {
    const { webhook, requests } = setUp(() => ({ error: "ParameterNotFound" }));
    await webhook.read();
    expect(permissions(place)).toEqual([
      {
        actions: requests.map(({ operation }) => `ssm:${operation}`),
        resources: [`arn:aws:ssm:us-east-1:111122223333:parameter${NAME}`],
      },
    ]);
  });
});
