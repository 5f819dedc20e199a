import {
  InvalidParameterException,
  InvalidParameterValueException,
  PublishCommand,
  type SNSClient,
  ValidationException,
} from "@aws-sdk/client-sns";

/** One message, in the words of each who gets it. Together at most 256 KB, as JSON in JSON. */
export interface TopicMessage {
  /** At most 100 characters of ASCII, none of them a control character. Mails have it. */
  readonly subject?: string;
  /** For queues, functions, streams and web servers. */
  readonly message: string;
  /** For people, in place of the message: in a mail, and, short, on a phone. */
  readonly forPeople?: { readonly email: string; readonly sms: string };
  /** What subscribers may filter by. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** `refused` is a message that the topic would refuse again. */
export type Published = { readonly status: "sent" } | { readonly status: "refused"; readonly why: string };

export interface Topic {
  /** Rejects if the topic did not take the message, or nobody knows whether it did, and it may later. */
  publish(message: TopicMessage): Promise<Published>;
}

const MOST_CHARACTERS = 200;

export function createTopic({ sns, topicArn }: { readonly sns: SNSClient; readonly topicArn: string }): Topic {
  return {
    async publish({ subject, message, forPeople, attributes = {} }) {
      const command = new PublishCommand({
        TopicArn: topicArn,
        ...(subject !== undefined && { Subject: subject }),
        // Whoever is not named gets `default`: https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
        ...(forPeople === undefined
          ? { Message: message }
          : { MessageStructure: "json", Message: JSON.stringify({ default: message, ...forPeople }) }),
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, { DataType: "String", StringValue: value }]),
        ),
      });
      try {
        await sns.send(command);
        return { status: "sent" };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { status: "refused", why: `${error.name}: ${error.message.slice(0, MOST_CHARACTERS)}` };
      }
    },
  };
}

const isRefusal = (error: unknown): error is Error =>
  error instanceof InvalidParameterException ||
  error instanceof InvalidParameterValueException ||
  error instanceof ValidationException;
