import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createLogsUsage } from "@bedrock-governor/aws/dynamodb/usage/logs-usage";
import type { MeteredUsage } from "@bedrock-governor/aws/dynamodb/usage/metered-usage";
import { createRollUp } from "@bedrock-governor/aws/dynamodb/usage/roll-up";
import { createWakeMark } from "@bedrock-governor/aws/dynamodb/usage/wake-mark";
import { createUsageWriter } from "@bedrock-governor/aws/dynamodb/usage/writer";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import { type Around, fakeTable } from "../aws/dynamodb/fake-dynamodb.ts";

type Item = Readonly<Record<string, AttributeValue>>;

/** What DynamoDB charges for, and the processor time of asking it. */
export interface Spent {
  writeUnits: number;
  readUnits: number;
  cpuMs: number;
}

/** The meter's, the roll-up's and the reconciler's own adapters on a table that counts units. */
export function logCostAccount(start: EpochMs) {
  const table = fakeTable();
  const clock = { at: start };
  const spent = {
    meter: nothing(),
    wakeMark: nothing(),
    gently: nothing(),
    cold: nothing(),
    rollUp: nothing(),
  };
  const process = (who: Spent) => ({
    dynamodb: counting(table.client(FRESH), who),
    table: "table",
    now: () => clock.at,
    wait: async () => undefined,
  });
  const writer = createUsageWriter(process(spent.meter));
  const mark = createWakeMark(process(spent.wakeMark));
  const warm = createLogsUsage(process(spent.gently));
  const rollUp = createRollUp(process(spent.rollUp));
  const queries = (spans: readonly Span[]) =>
    spans.map((span) => ({ source: "logs" as const, measure: "usd" as const, models: ["*"], span }));

  async function timed<T>(who: Spent, doing: () => Promise<T>): Promise<T> {
    const before = globalThis.process.cpuUsage();
    const result = await doing();
    const { user, system } = globalThis.process.cpuUsage(before);
    who.cpuMs += (user + system) / 1_000;
    // Nobody asks any more what was called; a month of it would not fit into memory.
    table.calls.length = 0;
    return result;
  }

  return {
    clock,
    spent,
    meter: (batch: string, usage: readonly MeteredUsage[]) => timed(spent.meter, () => writer.write({ batch, usage })),
    claim: () => timed(spent.wakeMark, () => mark.claim()),
    read: (spans: readonly Span[]) => timed(spent.gently, () => warm.read(queries(spans))),
    readInNewProcess: (spans: readonly Span[]) =>
      timed(spent.cold, () => createLogsUsage(process(spent.cold)).read(queries(spans))),
    rollUp: () => timed(spent.rollUp, () => rollUp.run()),
  };
}

const FRESH: Around = {};
const nothing = (): Spent => ({ writeUnits: 0, readUnits: 0, cpuMs: 0 });

const KB = 1_024;
/** A write unit is a KB, a strong read unit 4 KB; of a batch each item is rounded up by itself, of a query the page. */
function counting(client: DynamoDBClient, who: Spent): DynamoDBClient {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const input = args.input as Record<string, unknown>;
      switch (String(context.commandName)) {
        case "QueryCommand": {
          const { Items = [] } = result.output as { Items?: readonly Item[] };
          who.readUnits += Math.max(1, Math.ceil(Items.reduce((sum, item) => sum + bytesOf(item), 0) / (4 * KB)));
          break;
        }
        case "BatchWriteItemCommand":
          for (const write of Object.values(input.RequestItems as Record<string, readonly BatchWrite[]>).flat())
            who.writeUnits += unitsOf(write.PutRequest?.Item ?? write.DeleteRequest?.Key);
          break;
        case "GetItemCommand":
          who.readUnits += Math.max(1, Math.ceil(bytesOf((result.output as { Item?: Item }).Item ?? {}) / (4 * KB)));
          break;
        default:
          who.writeUnits += unitsOf((input.Item ?? input.Key) as Item);
      }
      return result;
    },
    { step: "initialize", priority: "high", name: "countUnits" },
  );
  return client;
}

interface BatchWrite {
  readonly PutRequest?: { readonly Item?: Item };
  readonly DeleteRequest?: { readonly Key?: Item };
}

const unitsOf = (item: Item | undefined): number => Math.max(1, Math.ceil(bytesOf(item ?? {}) / KB));
const bytesOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + name.length + valueBytes(value), 0);

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 1;
  return Buffer.byteLength(JSON.stringify(value));
}
