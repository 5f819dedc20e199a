import {
  type AttributeValue,
  type BatchWriteItemCommandInput,
  ConditionalCheckFailedException,
  DynamoDBClient,
  type GetItemCommandInput,
  type PutItemCommandInput,
  type QueryCommandInput,
  TransactionCanceledException,
  type TransactWriteItemsCommandInput,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";

export type Item = Readonly<Record<string, AttributeValue>>;

/** One request, as the client was given it. */
export interface Call {
  /** As in `BatchWriteItem`. */
  readonly operation: string;
  readonly input: object;
  /** Which of the requests it is, from 1. */
  readonly nth: number;
}

/** What a test does around requests: to throw before one is to fail it, after one is to lose its answer. */
export interface Around {
  before?(call: Call): unknown;
  after?(call: Call): unknown;
  /** Whether DynamoDB gets to this write of a batch. */
  getsTo?(item: Item): boolean;
}

const PAGE_BYTES = 1_048_576;

/**
 * As much of a DynamoDB table with keys `pk` and `sk` as the adapters need, in memory. Every client on
 * it is a real one, cut off above the wire; requests take place one at a time, in the order in which they get here.
 */
export function fakeTable(pageItems = Number.POSITIVE_INFINITY) {
  const partitions = new Map<string, Map<string, Item>>();
  const calls: Call[] = [];

  const get = ({ pk, sk }: Item): Item | undefined => partitions.get(text(pk))?.get(text(sk));
  const put = (item: Item): void => {
    const { pk, sk } = item;
    partitions.set(text(pk), (partitions.get(text(pk)) ?? new Map()).set(text(sk), item));
  };
  const remove = ({ pk, sk }: Item): void => void partitions.get(text(pk))?.delete(text(sk));

  const check = (input: Conditional, key: Item): void => {
    const there = get(key);
    if (input.ConditionExpression === undefined || holds(input, there)) return;
    const shown = input.ReturnValuesOnConditionCheckFailure === "ALL_OLD" ? there : undefined;
    throw Object.assign(
      new ConditionalCheckFailedException({ message: "The conditional request failed", $metadata: {} }),
      shown && { Item: shown },
    );
  };

  const carryOut: Readonly<Record<string, (input: never, around: Around) => object>> = {
    GetItem: ({ Key, ConsistentRead }: GetItemCommandInput) => {
      onlyConsistent(ConsistentRead);
      const Item = get(Key ?? {});
      return { ...(Item && { Item }) };
    },
    PutItem: (input: PutItemCommandInput) => {
      const item = input.Item ?? {};
      check(input, item);
      put(item);
      return {};
    },
    DeleteItem: (input: Conditional & { Key: Item }) => {
      check(input, input.Key);
      remove(input.Key);
      return {};
    },
    UpdateItem: (input: UpdateItemCommandInput) => {
      const key = input.Key ?? {};
      check(input, key);
      put({ ...key, ...get(key), ...updated(input, get(key)) });
      return input.ReturnValues === "ALL_NEW" ? { Attributes: get(key) } : {};
    },
    BatchWriteItem: ({ RequestItems = {} }: BatchWriteItemCommandInput, { getsTo }) => {
      const [entry, ...others] = Object.entries(RequestItems);
      if (entry === undefined || others.length > 0) throw new Error("a batch of this fake writes to one table");
      const [table, writes] = entry;
      const keys = new Set(writes.map((write) => JSON.stringify(keyOf(write.PutRequest?.Item ?? keyIn(write)))));
      if (writes.length === 0 || writes.length > 25 || keys.size < writes.length) {
        throw new Error("DynamoDB takes batches of 1 to 25 writes, each to another item");
      }
      const left = writes.filter((write) => {
        const item = write.PutRequest?.Item ?? keyIn(write);
        if (getsTo?.(item) === false) return true;
        if (write.PutRequest !== undefined) put(item);
        else remove(item);
        return false;
      });
      return { UnprocessedItems: left.length > 0 ? { [table]: left } : {} };
    },
    TransactWriteItems: ({ TransactItems = [] }: TransactWriteItemsCommandInput) => {
      const writes = TransactItems.map(({ ConditionCheck, Put }) => ({ ...ConditionCheck, ...Put }));
      const keys = writes.map(({ Key, Item }) => Item ?? Key ?? {});
      if (new Set(keys.map(keyText)).size < keys.length || keys.length > 100) {
        throw new Error("DynamoDB takes transactions of at most 100 writes, each to another item");
      }
      const fails = writes.map(
        (write, index) => write.ConditionExpression !== undefined && !holds(write, get(keys[index] ?? {})),
      );
      if (fails.includes(true)) throw cancelled(fails);
      for (const { Item } of writes) if (Item !== undefined) put(Item);
      return {};
    },
    Query: ({ ConsistentRead, ExclusiveStartKey, ...input }: QueryCommandInput) => {
      onlyConsistent(ConsistentRead);
      if (input.KeyConditionExpression !== "pk = :pk AND sk BETWEEN :from AND :to") {
        throw new Error(`nothing is known here of ${input.KeyConditionExpression}`);
      }
      const { ":pk": pk, ":from": from, ":to": to } = input.ExpressionAttributeValues ?? {};
      const after = ExclusiveStartKey === undefined ? "" : text(ExclusiveStartKey.sk);
      const found = [...(partitions.get(text(pk)) ?? [])]
        .filter(([sk]) => sk >= text(from) && sk <= text(to) && sk > after)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, item]) => item);
      const Items = firstPage(found, pageItems);
      const last = Items.at(-1);
      return { Items, ...(last !== undefined && Items.length < found.length && { LastEvaluatedKey: keyOf(last) }) };
    },
  };

  /** Another process: what is done around its requests is done to them alone. */
  function client(around: Around = {}): DynamoDBClient {
    const dynamodb = new DynamoDBClient({ region: "us-east-1" });
    dynamodb.middlewareStack.add(
      (_, context) => async (args) => {
        const operation = String(context.commandName).replace(/Command$/, "");
        const act = carryOut[operation];
        if (act === undefined) throw new Error(`nothing is known here of ${operation}`);
        const call: Call = { operation, input: args.input, nth: calls.length + 1 };
        calls.push(call);
        await around.before?.(call);
        const output = act(args.input as never, around);
        await around.after?.(call);
        return { output: { ...output, $metadata: {} }, response: {} };
      },
      { step: "initialize", name: "fakeTable" },
    );
    return dynamodb;
  }

  return {
    client,
    calls,
    /** Every item, in the order of keys. */
    items: (): readonly Item[] =>
      [...partitions.values()]
        .flatMap((items) => [...items.values()])
        .sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1)),
    /** Deletes what may be deleted by now. DynamoDB does so some time after, if at all. */
    expire(now: number): void {
      for (const items of partitions.values()) {
        for (const [sk, { expires }] of items) if (Number(expires?.N) * 1_000 < now) items.delete(sk);
      }
    },
  };
}

export type FakeTable = ReturnType<typeof fakeTable>;

/** As DynamoDB counts it: names and values, and up to 21 bytes a number. */
export const itemBytes = (item: Item): number =>
  Object.entries(item).reduce(
    (sum, [name, { S, N }]) => sum + Buffer.byteLength(name) + (N === undefined ? Buffer.byteLength(S ?? "") : 21),
    0,
  );

type Conditional = Pick<
  PutItemCommandInput,
  | "ConditionExpression"
  | "ExpressionAttributeNames"
  | "ExpressionAttributeValues"
  | "ReturnValuesOnConditionCheckFailure"
>;

const cancelled = (fails: readonly boolean[]) =>
  new TransactionCanceledException({
    message: "Transaction cancelled",
    $metadata: {},
    CancellationReasons: fails.map((fails) => ({ Code: fails ? "ConditionalCheckFailed" : "None" })),
  });

const text = (value: AttributeValue | undefined): string => {
  if (value?.S === undefined) throw new Error(`a key must be text: ${JSON.stringify(value)}`);
  return value.S;
};
const keyOf = ({ pk, sk }: Item) => ({ pk: { S: text(pk) }, sk: { S: text(sk) } });
const keyText = (item: Item): string => JSON.stringify(keyOf(item));
const keyIn = (write: { DeleteRequest?: { Key: Item | undefined } | undefined }): Item =>
  write.DeleteRequest?.Key ?? {};

function onlyConsistent(consistent: boolean | undefined): void {
  if (consistent !== true) throw new Error("usage must be read as it is now");
}

function firstPage(found: readonly Item[], pageItems: number): readonly Item[] {
  let bytes = 0;
  const end = found.findIndex((item, index) => {
    bytes += itemBytes(item);
    return index > 0 && (index >= pageItems || bytes > PAGE_BYTES);
  });
  return end === -1 ? found : found.slice(0, end);
}

/** Conditions joined by OR and AND, without brackets. */
function holds(input: Conditional, item: Item | undefined): boolean {
  const terms = (input.ConditionExpression ?? "").split(" OR ").map((one) => one.split(" AND "));
  return terms.some((all) => all.every((term) => holdsOne(term, input, item)));
}

function holdsOne(term: string, input: Conditional, item: Item | undefined): boolean {
  const absent = /^attribute_not_exists\((\w+)\)$/.exec(term)?.[1];
  if (absent !== undefined) return item?.[absent] === undefined;
  const [, name = "", operator, value = ""] = /^(#?\w+) (=|<|<=|>) (:\w+)$/.exec(term) ?? [];
  const ours = item?.[input.ExpressionAttributeNames?.[name] ?? name];
  const given = input.ExpressionAttributeValues?.[value];
  if (operator === undefined || given === undefined) throw new Error(`nothing is known here of "${term}"`);
  if (ours === undefined) return false;
  if (operator === "=") return ours.S === given.S && ours.N === given.N;
  const difference = Number(ours.N) - Number(given.N);
  return operator === ">" ? difference > 0 : operator === "<" ? difference < 0 : difference <= 0;
}

/** `SET a = :x, b = :y` or `ADD a :x`. */
function updated({ UpdateExpression = "", ExpressionAttributeValues }: UpdateItemCommandInput, item: Item | undefined) {
  const value = (name: string): AttributeValue => {
    const given = ExpressionAttributeValues?.[name];
    if (given === undefined) throw new Error(`no value for ${name}`);
    return given;
  };
  const set = [...UpdateExpression.matchAll(/(\w+) = (:\w+)/g)].map(([, name = "", of = ""]) => [name, value(of)]);
  const added = [...UpdateExpression.matchAll(/^ADD (\w+) (:\w+)$/g)].map(([, name = "", of = ""]) => {
    return [name, { N: String(Number(item?.[name]?.N ?? 0) + Number(value(of).N)) }];
  });
  return Object.fromEntries([...set, ...added]);
}
