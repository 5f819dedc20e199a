import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { Permission, Place } from "../permission.ts";

const SOURCE = "bedrock-governor.signal";
const DETAIL_TYPE = "Wake";

/** Wakes the reconciler. It says that something was metered, and not what: the reconciler reads for itself. Rejects if the bus did not take it. */
export type Wake = () => Promise<void>;

export function createWake({
  eventbridge,
  busName,
}: {
  readonly eventbridge: EventBridgeClient;
  readonly busName: string;
}): Wake {
  return async () => {
    const entry = { EventBusName: busName, Source: SOURCE, DetailType: DETAIL_TYPE, Detail: "{}" };
    const { Entries = [] } = await eventbridge.send(new PutEventsCommand({ Entries: [entry] }));
    const [answer] = Entries;
    if (answer?.EventId === undefined) throw new Error(`bus ${busName} did not take a wake: ${answer?.ErrorCode}`);
  };
}

/** @param place of the bus. */
export const permissions = ({ partition, region, account }: Place, busName: string): readonly Permission[] => [
  {
    actions: ["events:PutEvents"],
    resources: [`arn:${partition}:events:${region}:${account}:event-bus/${busName}`],
    condition: { "ForAllValues:StringEquals": { "events:source": [SOURCE] } },
  },
];
