import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { batchWrite } from "@bedrock-governor/aws/dynamodb/batch-write";
import { auditItem } from "@bedrock-governor/aws/dynamodb/journal-items";
import { pass } from "@bedrock-governor/aws/dynamodb/retrying";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { createNotifyHandler } from "@bedrock-governor/functions/notify-handler";
import { wireNotifier } from "@bedrock-governor/functions/wire";
import type { EmulatedAws } from "../support/aws-front/describe-with-aws.ts";
import { lambdaContext } from "../support/lambda-context.ts";
import { createAccount, DAY_MS } from "./account.ts";

const WEBHOOK = "/bedrock-governor/on-moto/notify/slack-webhook";
const TIMEOUT_MS = 120_000;

/** What SNS posts to a subscriber. */
interface Notification {
  readonly Subject?: string;
  readonly Message: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>;
}

/** An account with what the notifier needs, and subscribers of its topics. */
export async function notifiedAccount(aws: EmulatedAws) {
  const account = await createAccount(aws);
  const client = { ...aws.moto.client, endpoint: aws.front.endpoint };
  const sns = new SNSClient(client);
  const sqs = new SQSClient(client);
  const ssm = new SSMClient(client);
  const topic = async (name: string) => {
    const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: name }));
    return TopicArn;
  };
  const queue = async (QueueName: string) => {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName }));
    const AttributeNames = ["QueueArn" as const];
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return { url: QueueUrl, arn: Attributes?.QueueArn ?? "" };
  };
  const notices = await topic("notices");
  const chat = await topic("chat-notices");
  const undelivered = await queue("undelivered-notices");
  const subscriber = { notices: await queue("subscriber"), chat: await queue("chat-subscriber") };
  const web = await listen();
  const subscribe = (TopicArn: string, Protocol: string, Endpoint: string) =>
    sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }));
  await subscribe(notices, "sqs", subscriber.notices.arn);
  await subscribe(notices, "http", web.origin);
  await subscribe(chat, "sqs", subscriber.chat.arn);

  const environment = {
    AWS_REGION: "us-east-1",
    GOVERNOR_STAGE: "on-moto",
    GOVERNOR_ACCOUNT: aws.moto.account,
    GOVERNOR_PARTITION: "aws",
    GOVERNOR_TABLE: account.table,
    GOVERNOR_NOTICES_TOPIC: notices,
    GOVERNOR_CHAT_TOPIC: chat,
    GOVERNOR_UNDELIVERED_QUEUE: undelivered.url,
    GOVERNOR_RETENTION_DAYS: "90",
  };
  /** Takes what is in a queue. */
  async function take(QueueUrl: string): Promise<readonly string[]> {
    const bodies: string[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) return bodies;
      for (const { Body = "", ReceiptHandle } of Messages) {
        bodies.push(Body);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  return {
    ...account,
    environment,
    undelivered,
    setWebhook: (Value: string) =>
      ssm.send(new PutParameterCommand({ Name: WEBHOOK, Value, Type: "SecureString", Overwrite: true })),
    unsetWebhook: () => ssm.send(new DeleteParameterCommand({ Name: WEBHOOK })),
    /** Puts events into the history, as the journal does. */
    async happened(...events: readonly GovernorEvent[]): Promise<void> {
      const writes = events.map((event) => ({ PutRequest: { Item: { ...auditItem(event, 90 * DAY_MS) } } }));
      await batchWrite(account.dynamodb, account.table, writes, pass);
    },
    /** A notifier's process. */
    startNotifier() {
      const process = aws.front.start("notify");
      const handler = process.run(() =>
        createNotifyHandler(
          wireNotifier(environment, {
            now: account.now,
            patienceMs: 300,
            async sleep(ms) {
              if (!process.alive) await new Promise(() => {});
              account.pass(ms);
            },
          }),
        ),
      );
      const killed = process.killed.then(() => "killed" as const);
      return (event: unknown = {}) =>
        Promise.race([process.run(() => handler(event, lambdaContext(TIMEOUT_MS))), killed]);
    },
    /** What a queue got of the topic for people and machines. */
    inQueue: async () => (await take(subscriber.notices.url)).map((body) => JSON.parse(body) as Notification),
    /** What a web server got of it. */
    onTheWeb: web.took,
    /** What Amazon Q Developer would get. */
    inChat: async () => (await take(subscriber.chat.url)).map((body) => JSON.parse(body) as Notification),
    givenUp: async () => (await take(undelivered.url)).map((body) => JSON.parse(body) as unknown),
    stop: web.stop,
  };
}

export type NotifiedAccount = Awaited<ReturnType<typeof notifiedAccount>>;

/** A subscriber on loopback. */
async function listen() {
  const took: Notification[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const posted: Notification & { readonly Type?: string } = JSON.parse(Buffer.concat(chunks).toString());
    if (posted.Type === "Notification") took.push(posted);
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    took,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
