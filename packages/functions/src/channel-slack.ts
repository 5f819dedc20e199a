import type { WebhookParameter } from "@bedrock-governor/aws/ssm/webhook";
import { slackMessages } from "@bedrock-governor/notices/slack";
import { type SlackMessage, withoutBlocks } from "@bedrock-governor/notices/slack-message";
import type { SlackOutcome, SlackWebhook } from "@bedrock-governor/notices/slack-webhook";
import type { NoticeChannel, Outcome } from "./notice-channel.ts";

/** Slack's limit for an incoming webhook: https://docs.slack.dev/apis/web-api/rate-limits/ */
const APART_MS = 1_000;

/** Slack, where the stage has a webhook. It is looked up for every message: another one works at once. */
export function createSlackChannel({
  webhook,
  slack,
}: {
  readonly webhook: WebhookParameter;
  readonly slack: SlackWebhook;
}): NoticeChannel {
  async function send(message: SlackMessage): Promise<Outcome> {
    const url = await webhook.read();
    if (url === undefined) return { status: "absent" };
    const first = await slack.post(url, message);
    if (first.status !== "message-refused" || message.blocks === undefined) return outcomeOf(first);
    // It may be told in plain words what cannot be told in blocks.
    const second = await slack.post(url, withoutBlocks(message));
    if (second.status !== "message-refused") return outcomeOf(second);
    return { status: "refused", why: `${first.why}; as plain text: ${second.why}` };
  }

  return {
    name: "slack",
    apartMs: APART_MS,
    isThere: async () => (await webhook.read()) !== undefined,
    letters: (events) => slackMessages(events).map((message) => () => send(message)),
  };
}

function outcomeOf(outcome: SlackOutcome): Outcome {
  switch (outcome.status) {
    case "sent":
    case "busy":
      return outcome;
    case "message-refused":
      return { status: "refused", why: outcome.why };
    case "webhook-refused":
      throw new Error(`Slack refuses the webhook, which the parameter notify/slack-webhook holds: ${outcome.why}`);
    case "passing":
      throw new Error(`Slack did not take a message: ${outcome.why}`);
  }
}
