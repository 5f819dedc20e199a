import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { auditItem } from "@bedrock-governor/aws/dynamodb/journal-items";
import { createNotices } from "@bedrock-governor/aws/dynamodb/notices";
import { createChannelHolds } from "@bedrock-governor/aws/dynamodb/notices-hold";
import type { Topic, TopicMessage } from "@bedrock-governor/aws/sns/publish";
import type { Undelivered } from "@bedrock-governor/aws/sqs/undelivered";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { createSlackChannel } from "@bedrock-governor/functions/channel-slack";
import { createChatChannel, createSnsChannel } from "@bedrock-governor/functions/channel-topics";
import { createInstruments } from "@bedrock-governor/functions/instruments";
import { createMetrics } from "@bedrock-governor/functions/logging";
import type { NoticeChannel } from "@bedrock-governor/functions/notice-channel";
import { createNotifyHandler, type NotifyAnswer } from "@bedrock-governor/functions/notify-handler";
import { createSlackWebhook } from "@bedrock-governor/notices/slack-webhook";
import { createClock } from "@bedrock-governor/simulator/clock";
import { type Around, fakeTable } from "../aws/dynamodb/fake-dynamodb.ts";
import { lambdaContext } from "../support/lambda-context.ts";
import { playSlack, WEBHOOK_PATH } from "../support/slack.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const T0 = Date.UTC(2026, 0, 31, 23, 58);
const TIMEOUT_MS = 120_000;
export const WEBHOOK = `https://hooks.slack.com${WEBHOOK_PATH}`;

interface ProcessOptions {
  /** What befalls its requests to the table. */
  readonly around?: Around;
  readonly channels?: readonly NoticeChannel[];
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** The notifier on a table in memory, with Slack and topics that are played, in virtual time. */
export function notifyScene() {
  const table = fakeTable();
  const clock = createClock(T0);
  const slack = playSlack();
  const topics = { sns: playTopic(), chat: playTopic() };
  const parameter = playParameter(clock.now);
  const undelivered: Undelivered[] = [];
  let queueFails = false;
  const journal = table.client();

  const webhook = {
    async read() {
      parameter.reads++;
      const { value: address, setAt, isEncrypted } = parameter;
      return address === undefined ? undefined : { address, setAt, isEncrypted };
    },
  };
  const channels: readonly NoticeChannel[] = [
    createSlackChannel({
      webhook,
      slack: createSlackWebhook({ fetch: slack.fetch, now: clock.now, timeoutMs: 10_000 }),
    }),
    createSnsChannel(topics.sns),
    createChatChannel(topics.chat),
  ];

  /** A process. */
  function notifier({ around, wait = clock.sleep, ...own }: ProcessOptions = {}) {
    const store = { dynamodb: table.client(around), table: "table", now: clock.now, wait };
    const handler = createNotifyHandler({
      ...createInstruments({ stage: "test" }),
      metrics: createMetrics({ stage: "test" }),
      channels: own.channels ?? channels,
      notices: createNotices(store),
      holds: createChannelHolds({ ...store, retentionDays: 90 }),
      undelivered: {
        async put(one) {
          if (queueFails) throw new Error("the queue is out of order");
          undelivered.push(one);
        },
      },
      now: clock.now,
      wait,
    });
    return (event: unknown = {}, remainingMs = TIMEOUT_MS) => handler(event, lambdaContext(remainingMs));
  }

  return {
    table,
    clock,
    slack,
    topics,
    parameter,
    undelivered,
    channels,
    notifier,
    failQueue(fails: boolean) {
      queueFails = fails;
    },
    /** Puts events into the history as the journal does. */
    async happened(...events: readonly GovernorEvent[]): Promise<void> {
      for (const event of events) {
        const Item = { ...auditItem(event, 90 * 24 * HOUR) };
        await journal.send(new PutItemCommand({ TableName: "table", Item }));
      }
    },
    /** Wakes a notifier, or several at once, and lets time pass until they are done. */
    async wake(...work: readonly (() => Promise<NotifyAnswer>)[]): Promise<readonly NotifyAnswer[]> {
      const some = work.length === 0 ? [notifier()] : work;
      const ends: Promise<NotifyAnswer>[] = [];
      for (const one of some) {
        clock.start(clock.now(), async () => {
          const end = one();
          ends.push(end);
          await end.catch(() => undefined);
        });
      }
      await clock.runUntil(Number.POSITIVE_INFINITY);
      return Promise.all(ends);
    },
    pass: (ms: number) => clock.runUntil(clock.now() + ms),
    /** Ids of events that subscribers of the topic got, in order. */
    tellsBySns: () => topics.sns.published.flatMap(({ message }) => idsIn(message)),
    /** Who was named to people in Slack, one by one. */
    rolesInSlack: () => slack.shown.flatMap((message) => rolesIn(JSON.stringify(message))),
  };
}

interface PlayedParameter {
  value: string | undefined;
  isEncrypted: boolean;
  readonly setAt: EpochMs;
  reads: number;
}

/** The webhook's parameter, which knows when it was written last. */
function playParameter(now: () => EpochMs): PlayedParameter {
  let value: string | undefined = WEBHOOK;
  let setAt = now() - 24 * HOUR;
  return {
    get value() {
      return value;
    },
    set value(address) {
      value = address;
      setAt = now();
    },
    get setAt() {
      return setAt;
    },
    isEncrypted: true,
    reads: 0,
  };
}

export type NotifyScene = ReturnType<typeof notifyScene>;

export const idsIn = (json: string): readonly string[] =>
  (JSON.parse(json) as { events: readonly { id: string }[] }).events.map(({ id }) => id);

/** Each once. */
const rolesIn = (text: string): readonly string[] => [...new Set(text.match(/role\/agent-\d+/g) ?? [])];

export interface PlayedTopic extends Topic {
  readonly published: readonly TopicMessage[];
  /** What becomes of a message; undefined: it is taken. */
  befall: ((message: TopicMessage) => Promise<"refused" | undefined>) | undefined;
}

export function playTopic(): PlayedTopic {
  const published: TopicMessage[] = [];
  return {
    published,
    befall: undefined,
    async publish(message) {
      const fate = await this.befall?.(message);
      if (fate === "refused") return { status: "refused", why: "InvalidParameter: too long" };
      published.push(message);
      return { status: "sent" };
    },
  };
}
