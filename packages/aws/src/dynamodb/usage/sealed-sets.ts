import { createHash } from "node:crypto";
import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { batchWrite } from "../batch-write.ts";
import { type Item, keyAttributes } from "../journal-items.ts";
import { retrying } from "../retrying.ts";
import type { Row } from "./amounts.ts";
import { pack, unpack } from "./pack.ts";
import { expires, items, LAST, putItems, type Store } from "./store.ts";

/** A set of rows that is replaced as a whole. It may take many items. */
export interface SetPlace {
  readonly pk: string;
  /** Its name in the partition, without `#`. */
  readonly name: string;
  readonly expiresAt: EpochMs;
}

/** Names the items that the set consists of now. */
export interface Pointer {
  /** One more each time: names of items are never used again. */
  readonly turn: number;
  readonly hash: string;
  /** How many items. */
  readonly of: number;
}

/** Another roll-up replaced the set meanwhile: it may have known less than this one, or more. */
export class OutrunError extends Error {
  constructor({ pk, name }: SetPlace) {
    super(`another roll-up was faster with ${pk} ${name}`);
  }
}

/** The set was replaced while it was read, between two pages. */
class TornError extends Error {
  constructor(pk: string, name: string) {
    super(`parts of ${pk} ${name} are missing`);
  }
}

const partKey = ({ pk, name }: Pick<SetPlace, "pk" | "name">, { turn, hash }: Pointer, index: number) =>
  keyAttributes({ pk, sk: `${name}#${turn}#${hash}#${index}` });

export async function readPointer({ dynamodb, table }: Store, { pk, name }: SetPlace): Promise<Pointer | undefined> {
  const Key = keyAttributes({ pk, sk: name });
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
  return Item && pointerOf(Item);
}

function pointerOf({ sk, turn, hash, of }: Item): Pointer {
  if (turn?.N === undefined || hash?.S === undefined || of?.N === undefined) {
    throw new Error(`the table holds rolled up usage without a pointer: ${sk?.S}`);
  }
  return { turn: Number(turn.N), hash: hash.S, of: Number(of.N) };
}

/**
 * Replaces a set. Its new items are written under new names, then the pointer is turned to them if it still
 * is as it was `seen` before the rows were read, then the old items are deleted. Killed anywhere, the
 * set is the old one or the new one; items without a pointer expire.
 *
 * @throws OutrunError if the pointer is not what was seen.
 */
export async function replaceSet(
  store: Store,
  place: SetPlace,
  rows: readonly Row[],
  seen: Pointer | undefined,
): Promise<void> {
  const texts = pack(rows);
  const hash = createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 16);
  if (seen?.hash === hash || (seen === undefined && texts.length === 0)) return;
  const pointer: Pointer = { turn: seen === undefined ? 1 : seen.turn + 1, hash, of: texts.length };
  const gone = expires(place.expiresAt);
  const parts = texts.map((text, index) => ({ ...partKey(place, pointer, index), usage: { S: text }, expires: gone }));
  await putItems(store, parts);
  await turnPointer(store, place, pointer, seen);
  if (seen !== undefined) await deleteParts(store, place, seen);
}

function deleteParts({ dynamodb, table, wait }: Store, place: SetPlace, pointer: Pointer): Promise<void> {
  const keys = Array.from({ length: pointer.of }, (_, index) => partKey(place, pointer, index));
  return batchWrite(
    dynamodb,
    table,
    keys.map((Key) => ({ DeleteRequest: { Key } })),
    wait,
  );
}

async function turnPointer(
  { dynamodb, table }: Store,
  place: SetPlace,
  { turn, hash, of }: Pointer,
  seen: Pointer | undefined,
): Promise<void> {
  const Item = {
    ...keyAttributes({ pk: place.pk, sk: place.name }),
    turn: { N: String(turn) },
    hash: { S: hash },
    of: { N: String(of) },
    expires: expires(place.expiresAt),
  };
  const unchanged =
    seen === undefined
      ? { ConditionExpression: "attribute_not_exists(pk)" }
      : {
          ConditionExpression: "turn = :turn AND #hash = :hash",
          ExpressionAttributeNames: { "#hash": "hash" },
          ExpressionAttributeValues: { ":turn": { N: String(seen.turn) }, ":hash": { S: seen.hash } },
        };
  try {
    await dynamodb.send(new PutItemCommand({ TableName: table, Item, ...unchanged }));
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) throw new OutrunError(place);
    throw error;
  }
}

/** Sets of a partition by name, from one name to another, both included. A name without a set is not in it. Rejects if a part is unread. */
export function readSets(
  store: Store,
  pk: string,
  from: string,
  to: string,
): Promise<ReadonlyMap<string, readonly Row[]>> {
  return retrying(
    () => readOnce(store, pk, from, to),
    (error) => error instanceof TornError,
    store.wait,
  );
}

async function readOnce(store: Store, pk: string, from: string, to: string) {
  const pointers = new Map<string, Pointer>();
  const texts = new Map<string, string>();
  for await (const item of items(store, pk, from, `${to}${LAST}`)) {
    const sk = item.sk?.S;
    if (sk === undefined) continue;
    if (item.usage?.S === undefined) pointers.set(sk, pointerOf(item));
    else texts.set(sk, item.usage.S);
  }
  const sets = new Map<string, readonly Row[]>();
  for (const [name, pointer] of pointers) {
    const rows: Row[] = [];
    for (let index = 0; index < pointer.of; index++) {
      const text = texts.get(partKey({ pk, name }, pointer, index).sk.S);
      if (text === undefined) throw new TornError(pk, name);
      rows.push(...unpack(text));
    }
    sets.set(name, rows);
  }
  return sets;
}
