import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { type Journal, type Mark, markId } from "@bedrock-governor/core/reconcile/journal";
import { canonicalJson } from "./canonical-json.ts";

export type Item = Readonly<Record<string, AttributeValue>>;

/** Everything that is open, and every event not yet sent: one consistent query reads it. */
export const JOURNAL_PARTITION = "journal";
/** What was told, a partition for each month: the governor writes it and never reads it. */
export const AUDIT_PARTITIONS = "audit#";

/** [DynamoDB's limit](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html) for sort keys. */
const LONGEST_SORT_KEY = 1_024;
const HOUR_MS = 3_600_000;
/** These serve for minutes. Normally a run deletes them; if none does any more, DynamoDB does. */
const KEEP_SHORT_MS = 24 * HOUR_MS;

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export const keyAttributes = ({ pk, sk }: ItemKey) => ({
  pk: { S: pk },
  sk: { S: sk },
});

/** A long id is replaced by its hash: the mark itself says what it is. No kind of mark begins with `~`. */
function sortKey(prefix: "mark" | "event", id: string): string {
  const plain = `${prefix}#${id}`;
  if (Buffer.byteLength(plain) <= LONGEST_SORT_KEY) return plain;
  return `${prefix}#~${createHash("sha256").update(id).digest("hex")}`;
}

export const markKey = (mark: Mark): ItemKey => ({ pk: JOURNAL_PARTITION, sk: sortKey("mark", markId(mark)) });

export const unsentKey = (eventId: string): ItemKey => ({ pk: JOURNAL_PARTITION, sk: sortKey("event", eventId) });

/** Where an event that was told can be looked up, by the id and the time that the event itself carries. */
export function auditKey({ id, time }: Pick<GovernorEvent, "id" | "time">): ItemKey {
  const at = new Date(time).toISOString();
  return { pk: `${AUDIT_PARTITIONS}${at.slice(0, 7)}`, sk: `${at}#${id}` };
}

export const markText = (mark: Mark): string => canonicalJson(mark);

/**
 * `aliveUntil` (ms) is when a mark stops counting. DynamoDB deletes an item only hours or days after
 * `expires` ([TTL](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html)).
 */
export function markItem(mark: Mark): Item {
  const expires = deletedFrom(mark);
  return {
    ...keyAttributes(markKey(mark)),
    markText: { S: markText(mark) },
    ...(mark.kind === "said" && { aliveUntil: { N: String(mark.until) } }),
    ...(expires !== undefined && { expires: seconds(expires) }),
  };
}

function deletedFrom(mark: Mark): EpochMs | undefined {
  switch (mark.kind) {
    case "said":
      return mark.until === Number.MAX_SAFE_INTEGER ? undefined : mark.until;
    case "write":
    case "new-deny":
      return mark.at + KEEP_SHORT_MS;
    default:
      return undefined;
  }
}

/** @param turn the event's place among those of one commit. */
export const unsentItem = (event: GovernorEvent, writtenAt: EpochMs, turn: number): Item => ({
  ...keyAttributes(unsentKey(event.id)),
  eventText: { S: canonicalJson(event) },
  turn: { S: [event.time, writtenAt, turn].map((part) => String(part).padStart(15, "0")).join("#") },
});

export const auditItem = (event: GovernorEvent, keptForMs: number): Item => ({
  ...keyAttributes(auditKey(event)),
  eventText: { S: canonicalJson(event) },
  expires: seconds(event.time + keptForMs),
});

const seconds = (ms: EpochMs): AttributeValue => ({ N: String(Math.ceil(ms / 1_000)) });

/** Reads a partition's items back. @throws if one is neither a mark nor an event: it was not written by us. */
export function journalOf(items: readonly Item[], now: EpochMs): Journal {
  const marks: Mark[] = [];
  const unsent: { readonly turn: string; readonly event: GovernorEvent }[] = [];
  for (const item of items) {
    if (item.markText?.S !== undefined) {
      const mark: Mark = JSON.parse(item.markText.S);
      if (mark.kind !== "said" || mark.until > now) marks.push(mark);
    } else if (item.eventText?.S !== undefined) {
      unsent.push({ turn: item.turn?.S ?? "", event: JSON.parse(item.eventText.S) });
    } else {
      throw new Error(`the journal holds an item that is neither a mark nor an event: ${item.sk?.S}`);
    }
  }
  unsent.sort((a, b) => (a.turn < b.turn ? -1 : 1));
  return { marks, unsent: unsent.map(({ event }) => event) };
}
