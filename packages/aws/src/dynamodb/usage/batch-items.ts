import { createHash } from "node:crypto";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { type Item, keyAttributes } from "../journal-items.ts";
import type { Row } from "./amounts.ts";
import { pack, unpack } from "./pack.ts";
import { expires } from "./store.ts";
import { HOUR_MS, minuteText, QUARTER_MS, RAW_KEPT_MS } from "./times.ts";

export const BATCH_PARTITIONS = "usage#batches#";

/** docs/adr/0008 has the arithmetic: with these, 200 batches a second are well below what one partition takes. */
export const SHARDS = 4;

export const batchPartition = (quarter: EpochMs, shard: number): string =>
  `${BATCH_PARTITIONS}${minuteText(quarter)}#${shard}`;

const shardOf = (batch: string): number => createHash("sha256").update(batch).digest().readUInt32BE() % SHARDS;

/** Sort keys begin with the time of writing, so that a reader can ask for what is new. */
export const writtenFrom = (at: EpochMs): string => new Date(at).toISOString();

/**
 * What a batch tells of one quarter, as items of its own. Their name is made of the batch and of what it
 * says: whoever adds up can tell what was delivered twice, and what was written only in part.
 */
export function batchItems(batch: string, quarter: EpochMs, rows: readonly Row[], writtenAt: EpochMs): readonly Item[] {
  const texts = pack(rows);
  const version = createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 16);
  return texts.map((text, index) => ({
    ...keyAttributes({
      pk: batchPartition(quarter, shardOf(batch)),
      sk: `${writtenFrom(writtenAt)}#${batch}#${version}#${index}#${texts.length}`,
    }),
    usage: { S: text },
    expires: expires(quarter + QUARTER_MS + RAW_KEPT_MS + HOUR_MS),
  }));
}

/** One item of a batch, as it was read. */
export interface BatchPart {
  readonly writtenAt: EpochMs;
  readonly batch: string;
  readonly version: string;
  readonly index: number;
  /** How many parts the version has. */
  readonly of: number;
  rows(): readonly Row[];
}

/** @throws if the item is none of ours. */
export function batchPart({ sk, usage }: Item): BatchPart {
  const [time, batch, version, index, of] = sk?.S?.split("#") ?? [];
  const text = usage?.S;
  if (time === undefined || batch === undefined || version === undefined || of === undefined || text === undefined) {
    throw new Error(`the table holds usage that no meter wrote: ${sk?.S}`);
  }
  return {
    writtenAt: Date.parse(time),
    batch,
    version,
    index: Number(index),
    of: Number(of),
    rows: () => unpack(text),
  };
}
