import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createKnownAliases } from "@bedrock-governor/aws/dynamodb/known-aliases";
import { createLogsUsage } from "@bedrock-governor/aws/dynamodb/usage/logs-usage";
import { beginProgress } from "@bedrock-governor/aws/dynamodb/usage/marks";
import type { MeteredBatch } from "@bedrock-governor/aws/dynamodb/usage/metered-usage";
import { createResolver } from "@bedrock-governor/aws/dynamodb/usage/resolver";
import { createRollUp } from "@bedrock-governor/aws/dynamodb/usage/roll-up";
import { createWakeMark } from "@bedrock-governor/aws/dynamodb/usage/wake-mark";
import { createUsageWriter } from "@bedrock-governor/aws/dynamodb/usage/writer";
import { parseSpelling } from "@bedrock-governor/core/model/model-id";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import { expect, it } from "vitest";
import { describeUsagePort, type SeenCall } from "../../../contract/usage-port.ts";
import { describeWithMoto } from "../../../support/describe-with-moto.ts";
import { batchOf, DAY, HOUR, MINUTE, MONDAY, NOVA, naive, OPUS, QUARTER, readAll, used } from "./setup.ts";

describeWithMoto("the usage table on emulated DynamoDB", (moto) => {
  let tables = 0;
  async function setUpTable(at: number) {
    const dynamodb = new DynamoDBClient({ ...moto().client, maxAttempts: 1 });
    const table = `table-${++tables}`;
    await dynamodb.send(
      new CreateTableCommand({
        TableName: table,
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "sk", AttributeType: "S" },
        ],
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    const clock = { at };
    const options = { dynamodb, table, now: () => clock.at, wait: async () => undefined };
    await beginProgress(options, { quartersUpTo: at - HOUR, daysUpTo: MONDAY });
    return { dynamodb, clock, options };
  }

  describeUsagePort("the usage table", async () => {
    const { dynamodb, options } = await setUpTable(MONDAY + 12 * HOUR);
    let broken = false;
    dynamodb.middlewareStack.add(
      (next) => async (args) => {
        if (broken) throw new Error("DynamoDB is out of order");
        return next(args);
      },
      { step: "initialize", name: "outage" },
    );
    const writer = createUsageWriter(options);
    return {
      port: createLogsUsage(options),
      source: "logs",
      perPrincipal: true,
      day: MONDAY,
      use: async (calls) => void (await writer.write(batchOf("b", ...calls.map(usageOf)))),
      breakDown: async () => {
        broken = true;
      },
    };
  });

  it("tells the model behind a profile that was kept after it was called", async () => {
    const { options } = await setUpTable(MONDAY + 12 * HOUR);
    const profile = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc";
    const [reconciler, reader] = [createKnownAliases(options), createKnownAliases(options)];
    const resolver = createResolver({ aliases: reader, rules: () => [], now: options.now });
    const called = used(MONDAY + 11 * HOUR, { model: profile, inputTokens: 1_000_000, usd: 0, unpriced: 1 });
    await createUsageWriter(options).write(batchOf("b", called));
    await reconciler.keep(new Map([[profile, NOVA]]));
    const port = createLogsUsage({ ...options, resolver });
    const [usage] = await readAll(port, [{ start: MONDAY, end: MONDAY + DAY }]);
    // $0.80 and $3.20 a million.
    expect(usage?.usd).toEqual({ [`role/alice ${NOVA}`]: expect.closeTo(0.800032, 9) });
  });

  it("counts each batch once that 8 meters deliver twice, beside two roll-ups that are both killed halfway", async () => {
    const { clock, options } = await setUpTable(MONDAY + 22 * HOUR);
    const start = clock.at;
    const batches = Array.from({ length: 24 }, (_, number): MeteredBatch => {
      const minute = start - (number % 4) * 4 * QUARTER + (number % 7) * MINUTE;
      const count = number % 5 === 0 ? 60 : 3;
      const usage = Array.from({ length: count }, (_, one) =>
        used(minute, {
          principal: `role/${"x".repeat(60)}${one}`,
          model: one % 2 === 0 ? OPUS : NOVA,
          inputTokens: number,
        }),
      );
      return batchOf(`b${number}`, ...usage);
    });
    const meters = Array.from({ length: 8 }, () => createUsageWriter(options));
    const write = (batch: MeteredBatch, meter: number) => meters[meter % 8]?.write(batch);
    clock.at += 10 * MINUTE;
    await Promise.all([
      ...batches.map(write),
      ...[...batches].reverse().map(write),
      ...[20, 45].map((last) =>
        createRollUp({ ...options, dynamodb: killedAfter(last) })
          .run()
          .catch(() => undefined),
      ),
    ]);
    clock.at += 3 * HOUR;
    await Promise.all([1, 2].map(() => createRollUp(options).run()));
    const spans = [
      { start: MONDAY, end: MONDAY + DAY },
      { start: start - HOUR + 2 * MINUTE, end: clock.at },
      { start: MONDAY - 7 * DAY, end: start },
    ];
    const expected = spans.map((span) => naive(batches, span));
    expect(await readAll(createLogsUsage(options), spans)).toEqual(expected);
  });

  it("wakes once a second", async () => {
    const { clock, options } = await setUpTable(MONDAY);
    const [one, other] = [createWakeMark(options), createWakeMark(options)];
    expect(await one.claim()).toBe(0);
    clock.at += 400;
    expect([await other.claim(), await one.claim(), await other.claim()]).toEqual([600, undefined, undefined]);
    clock.at -= HOUR;
    expect(await createWakeMark(options).claim()).toBe(0);
  });

  /** Another process on the same table, which gets no further than that. */
  function killedAfter(requests: number): DynamoDBClient {
    const client = new DynamoDBClient(moto().client);
    let sent = 0;
    client.middlewareStack.add(
      (next) => async (args) => {
        if (++sent > requests) throw new Error("killed");
        return next(args);
      },
      { step: "initialize", name: "killed" },
    );
    return client;
  }
});

function usageOf({ principal, spelling, at, inputTokens, outputTokens }: SeenCall) {
  const parsed = parseSpelling(spelling);
  const model = parsed.kind === "model" ? parsed.model : spelling;
  const counts = { invocations: 1, inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, images: 0 };
  const usd = createPriceBook([]).priceOf(spelling)?.usd(counts, at);
  return used(at, { principal, model, ...counts, usd: usd ?? 0, unpriced: usd === undefined ? 1 : 0 });
}
