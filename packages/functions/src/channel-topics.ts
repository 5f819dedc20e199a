import type { Topic } from "@bedrock-governor/aws/sns/publish";
import { chatMessages } from "@bedrock-governor/notices/chat";
import { snsMessages } from "@bedrock-governor/notices/sns";
import type { NoticeChannel } from "./notice-channel.ts";

/** SNS, for mails and machines: text for the ones, every event whole for the others. */
export const createSnsChannel = (topic: Topic): NoticeChannel => ({
  ...ALWAYS_THERE,
  name: "sns",
  letters: (events) =>
    snsMessages(events).map(({ events, subject, text, json, attributes }) => {
      const forPeople = { email: text, sms: subject };
      return { events, send: () => topic.publish({ subject, message: json, forPeople, attributes }) };
    }),
});

/** SNS, for Amazon Q Developer in chat applications, which takes nothing but its own format. */
export const createChatChannel = (topic: Topic): NoticeChannel => ({
  ...ALWAYS_THERE,
  name: "chat",
  letters: (events) =>
    chatMessages(events).map((message) => ({
      events,
      send: () => topic.publish({ message: JSON.stringify(message) }),
    })),
});

/** A topic takes what comes, whether it has subscribers or not. */
const ALWAYS_THERE = { apartMs: 0, listener: async () => ({ mark: "topic" }) };
