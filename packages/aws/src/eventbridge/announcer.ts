import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { AnnouncerPort } from "@bedrock-governor/core/reconcile/ports";
import type { Permission, Place } from "../permission.ts";
import { bytes, detailText } from "./event-detail.ts";

const SOURCE = "bedrock-governor";

/** Of one call: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
const MOST_ENTRIES = 10;
const MOST_BYTES = 256 * 1_024;
/** What EventBridge counts for an entry's time. */
const TIME_BYTES = 14;

interface Letter {
  readonly id: string;
  readonly entry: PutEventsRequestEntry;
  readonly size: number;
}

/**
 * Puts events on the bus. What the bus did not take is left out of the answer and announced again by
 * the next run. A call that fails ends it: the others would meet the same trouble.
 */
export function createAnnouncer(options: {
  readonly eventbridge: EventBridgeClient;
  readonly busName: string;
}): AnnouncerPort {
  const { eventbridge, busName } = options;

  async function send(batch: readonly Letter[]): Promise<readonly string[]> {
    const { Entries = [] } = await eventbridge.send(new PutEventsCommand({ Entries: batch.map(({ entry }) => entry) }));
    return batch.flatMap(({ id }, index) => (Entries[index]?.EventId === undefined ? [] : [id]));
  }

  return {
    async announce(events) {
      const taken = new Set<string>();
      for (const batch of batches(events.map((event) => letter(event, busName)))) {
        try {
          for (const id of await send(batch)) taken.add(id);
        } catch (error) {
          // What was taken must be known, or it would be announced again.
          if (taken.size === 0) throw error;
          break;
        }
      }
      return taken;
    },
  };
}

function letter(event: GovernorEvent, busName: string): Letter {
  const detail = detailText(event);
  return {
    id: event.id,
    entry: {
      EventBusName: busName,
      Source: SOURCE,
      DetailType: event.type,
      Detail: detail,
      Time: new Date(event.time),
    },
    size: TIME_BYTES + bytes(SOURCE) + bytes(event.type) + bytes(detail),
  };
}

/** In order, as many at a time as one call takes. */
function batches(letters: readonly Letter[]): readonly (readonly Letter[])[] {
  const all: Letter[][] = [];
  let size = 0;
  for (const next of letters) {
    const last = all.at(-1);
    size += next.size;
    if (last !== undefined && last.length < MOST_ENTRIES && size <= MOST_BYTES) last.push(next);
    else {
      all.push([next]);
      size = next.size;
    }
  }
  return all;
}

/** Under no name but the governor's own. */
export const permissions = ({ partition, region, account }: Place, busName: string): readonly Permission[] => [
  {
    actions: ["events:PutEvents"],
    resources: [`arn:${partition}:events:${region}:${account}:event-bus/${busName}`],
    condition: { "ForAllValues:StringEquals": { "events:source": [SOURCE] } },
  },
];
