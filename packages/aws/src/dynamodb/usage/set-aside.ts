import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Permission, Place } from "../../permission.ts";
import { keyAttributes } from "../journal-items.ts";
import { pass } from "../retrying.ts";
import { onlyPartitions, tableArn } from "../table-place.ts";
import { expires, putItems, type Store } from "./store.ts";
import { DAY_MS } from "./times.ts";

const PARTITION = "usage#set-aside";
const KEPT_FOR_MS = 30 * DAY_MS;

/** Where something is that could not be counted. What it says stays in the log: it may be a prompt. */
export interface SetAsideEvent {
  readonly logGroup: string;
  readonly logStream: string;
  /** Of the log event; of usage that was refused, of its batch. */
  readonly id: string;
  readonly at: EpochMs;
  /** Names fields, and shows nothing that a caller wrote. */
  readonly reason: string;
}

export interface SetAside {
  /** Keeps these for somebody to look at; the same event again is the same item. Rejects if any may be unwritten. */
  put(events: readonly SetAsideEvent[]): Promise<void>;
}

export function createSetAside({
  now,
  wait = pass,
  ...rest
}: Omit<Store, "wait"> & { now(): EpochMs; readonly wait?: Store["wait"] }): SetAside {
  const store: Store = { ...rest, wait };
  return {
    put: (events) =>
      putItems(
        store,
        events.map(({ logGroup, logStream, id, at, reason }) => ({
          ...keyAttributes({ pk: PARTITION, sk: id }),
          logGroup: { S: logGroup },
          logStream: { S: logStream },
          at: { S: new Date(at).toISOString() },
          reason: { S: reason },
          expires: expires(now() + KEPT_FOR_MS),
        })),
      ),
  };
}

export const permissions = (place: Place, table: string): readonly Permission[] => [
  { actions: ["dynamodb:BatchWriteItem"], resources: [tableArn(place, table)], condition: onlyPartitions(PARTITION) },
];
