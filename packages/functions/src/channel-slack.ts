import { createHash } from "node:crypto";
import type { WebhookParameter } from "@bedrock-governor/aws/ssm/webhook";
import { slackLetters } from "@bedrock-governor/notices/slack";
import { type SlackMessage, withoutBlocks } from "@bedrock-governor/notices/slack-message";
import type { SlackOutcome, SlackWebhook } from "@bedrock-governor/notices/slack-webhook";
import { ChannelClosedError, type NoticeChannel, type Outcome } from "./notice-channel.ts";

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
    const set = await webhook.read();
    if (set === undefined) return { status: "absent" };
    const first = await slack.post(set.address, message);
    if (first.status !== "message-refused" || message.blocks === undefined) return outcomeOf(first);
    // It may be told in plain words what cannot be told in blocks.
    const second = await slack.post(set.address, withoutBlocks(message));
    if (second.status !== "message-refused") return outcomeOf(second);
    return { status: "refused", why: `${first.why}; as plain text: ${second.why}` };
  }

  return {
    name: "slack",
    apartMs: APART_MS,
    async listener() {
      const set = await webhook.read();
      if (set === undefined) return undefined;
      const { address, setAt, isEncrypted } = set;
      return { mark: markOf(address), since: setAt, ...(!isEncrypted && { warning: NOT_ENCRYPTED }) };
    },
    letters: (events) => slackLetters(events).map(({ message, events }) => ({ events, send: () => send(message) })),
  };
}

const NOT_ENCRYPTED =
  "the parameter notify/slack-webhook is no SecureString: whoever may read parameters can read the address, which is a secret. Revoke it at Slack, and store the next one as a SecureString";

const markOf = (address: string): string => createHash("sha256").update(address).digest("hex").slice(0, 16);

function outcomeOf(outcome: SlackOutcome): Outcome {
  switch (outcome.status) {
    case "sent":
    case "busy":
      return outcome;
    case "message-refused":
      return { status: "refused", why: outcome.why };
    case "webhook-refused":
      throw new ChannelClosedError(
        `Slack refuses the webhook, which the parameter notify/slack-webhook holds: ${outcome.why}`,
      );
    case "passing":
      throw new Error(`Slack did not take a message: ${outcome.why}`);
  }
}
