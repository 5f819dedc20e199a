import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { createAnnouncer } from "@bedrock-governor/aws/eventbridge/announcer";
import { describeWithMoto } from "../support/describe-with-moto.ts";
import type { Moto } from "../support/moto.ts";
import { describeAnnouncerPort } from "./announcer-port.ts";

const BUS = "bedrock-governor-contract";
const QUEUE = "everything";

describeWithMoto("announcing on emulated EventBridge", (moto) => {
  describeAnnouncerPort("EventBridge", async () => {
    const { client, account } = moto();
    const eventbridge = new EventBridgeClient(client);
    await sqs(moto(), "CreateQueue", { QueueName: QUEUE });
    await eventbridge.send(new CreateEventBusCommand({ Name: BUS }));
    const rule = { Name: "everything", EventBusName: BUS, EventPattern: '{"source":["bedrock-governor"]}' };
    await eventbridge.send(new PutRuleCommand(rule));
    const Arn = `arn:aws:sqs:${client.region}:${account}:${QUEUE}`;
    await eventbridge.send(
      new PutTargetsCommand({ Rule: rule.Name, EventBusName: BUS, Targets: [{ Id: "queue", Arn }] }),
    );
    return { port: createAnnouncer({ eventbridge, busName: BUS }), received: () => received(moto()) };
  });
});

/** Everything the queue holds. */
async function received(moto: Moto): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const QueueUrl = `${moto.client.endpoint}/${moto.account}/${QUEUE}`;
    const { Messages = [] } = await sqs(moto, "ReceiveMessage", {
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 600,
      WaitTimeSeconds: 0,
    });
    if (Messages.length === 0) return ids;
    ids.push(...Messages.map(({ Body }) => idOf(Body)));
  }
}

function idOf(body: string): string {
  const { detail }: { detail: { id: string } } = JSON.parse(body);
  return detail.id;
}

/** Speaks to SQS without its client, which nothing else here needs: moto does not check the signature. */
async function sqs(moto: Moto, action: string, input: object): Promise<{ Messages?: readonly { Body: string }[] }> {
  const response = await fetch(moto.client.endpoint, {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260105/${moto.client.region}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `AmazonSQS.${action}`,
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`SQS answered ${response.status} to ${action}: ${await response.text()}`);
  return JSON.parse(await response.text());
}
