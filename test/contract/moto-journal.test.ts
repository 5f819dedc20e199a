import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createJournal } from "@bedrock-governor/aws/dynamodb/journal";
import { createLastMode } from "@bedrock-governor/aws/dynamodb/last-mode";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { type JournalEntry, type JournalWrite, type Mark, markId } from "@bedrock-governor/core/reconcile/journal";
import type { JournalPort } from "@bedrock-governor/core/reconcile/ports";
import { createJournal as createSimulatedJournal } from "@bedrock-governor/simulator/account/journal";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { describeWithMoto } from "../support/describe-with-moto.ts";
import { describeJournalPort } from "./journal-port.ts";

/** The emulator takes long over a transaction. */
vi.setConfig({ testTimeout: 120_000 });

const T0 = Date.UTC(2026, 0, 5);

describeWithMoto("the journal on emulated DynamoDB", (moto) => {
  let tables = 0;
  async function makeTable() {
    const dynamodb = oneCallAtATime(new DynamoDBClient(moto().client));
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
    return { dynamodb, table };
  }

  describeJournalPort("DynamoDB", async () => ({ port: createJournal({ ...(await makeTable()), now: () => T0 }) }));

  describe("an entry with more writes than one transaction holds", () => {
    const MEMBERS = Array.from({ length: 250 }, (_, number) => `model-${number}`);
    const episode = (member: string): Mark => ({
      kind: "episode",
      principal: "role/batch",
      member,
      would: false,
      since: T0,
      limits: ["limits/daily"],
      reason: "110 of 100 tokens today for role/batch",
      repairs: [],
    });
    const entry = (op: "open" | "close", id: string): JournalEntry => ({
      writes: MEMBERS.map((member) => ({ op, mark: episode(member) })),
      event: event(id),
    });
    let port: JournalPort;
    beforeEach(async () => {
      port = createJournal({ ...(await makeTable()), now: () => T0 });
    });

    it("takes place as a whole, once", async () => {
      const open = entry("open", "denied");
      expect(await port.commit([open])).toEqual([open]);
      expect(await port.commit([open])).toEqual([]);
      expect((await port.read()).marks).toHaveLength(250);
      expect(await port.commit([entry("close", "lifted")])).toHaveLength(1);
      const { marks, unsent } = await port.read();
      expect([marks, unsent.map(({ id }) => id)]).toEqual([[], ["denied", "lifted"]]);
    });

    it("does not take place if only its last condition does not hold", async () => {
      await port.commit([{ writes: [{ op: "open", mark: episode("model-249") }] }]);
      expect(await port.commit([entry("open", "denied")])).toEqual([]);
      const { marks, unsent } = await port.read();
      expect([marks.length, unsent]).toEqual([1, []]);
    });

    it("lets one of two runs that are equally fast write it", async () => {
      const taken = await Promise.all([port.commit([entry("open", "denied")]), port.commit([entry("open", "denied")])]);
      expect(taken.flat()).toHaveLength(1);
      expect((await port.read()).marks).toHaveLength(250);
    });
  });

  it("keeps events of one moment in the order they were written", async () => {
    const port = createJournal({ ...(await makeTable()), now: () => T0 });
    const ids = ["m", "z", "a"];
    await port.commit(ids.map((id) => ({ writes: [{ op: "set", mark: said(id) }], event: event(id) })));
    expect((await port.read()).unsent.map(({ id }) => id)).toEqual(ids);
  });

  it("keeps a mark whose id is longer than a sort key, and a held plan of a thousand pairs", async () => {
    const port = createJournal({ ...(await makeTable()), now: () => T0 });
    const long = (tail: string) => said(`${"é".repeat(700)}${tail}`);
    const pairs = Array.from({ length: 1_000 }, (_, number) => number.toString(16).padStart(16, "0"));
    const plan: Mark = { kind: "held-plan", id: "abc", pairs, at: T0 };
    const marks = [long("a"), long("b"), plan];
    await port.commit(marks.map((mark) => ({ writes: [{ op: "open", mark }] })));
    const read = (await port.read()).marks;
    expect(read).toHaveLength(3);
    expect(read).toEqual(expect.arrayContaining(marks));
  });

  it("ends with the marks and events of the simulator's journal, whatever two runs write in turn", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
        const { dynamodb, table } = await makeTable();
        let at = T0;
        const simulated = createSimulatedJournal(() => at).port;
        const makeRun = () => createJournal({ dynamodb, table, now: () => at });
        const runs = { one: makeRun(), other: makeRun() };
        for (const { run, wait, entries } of steps) {
          at += wait;
          const sound = entries.filter(({ writes }) =>
            writes.every(({ op, mark }) => op === "close" || !isOver(mark, at)),
          );
          expect(await runs[run].commit(sound)).toEqual(await simulated.commit(sound));
        }
        expect(await summary(runs.one, at)).toEqual(await summary(simulated, at));
      }),
      { numRuns: 20 },
    );
  });

  it("knows the last mode", async () => {
    const lastMode = createLastMode(await makeTable());
    expect(await lastMode.read()).toBeUndefined();
    await lastMode.write("enforce");
    await lastMode.write("paused");
    expect(await lastMode.read()).toBe("paused");
  });
});

/**
 * DynamoDB isolates transactions. The emulator runs them in threads, and undoes one by putting back the whole
 * table as it was when that one began: what others wrote meanwhile would be lost.
 */
function oneCallAtATime(client: DynamoDBClient): DynamoDBClient {
  let last: Promise<unknown> = Promise.resolve();
  client.middlewareStack.add(
    (next) => (args) => {
      const call = last.then(() => next(args));
      last = call.catch(() => undefined);
      return call;
    },
    { step: "finalizeRequest", priority: "low", name: "oneCallAtATime" },
  );
  return client;
}

const said = (id: string): Mark => ({ kind: "said", id, until: T0 + 1 });

const event = (id: string): GovernorEvent => ({
  id,
  type: "Access Denied",
  version: 1,
  time: T0,
  stage: "contract",
  account: "123456789012",
  reason: "110 of 100 tokens today for role/batch",
});

/** Objects with a prototype: those without one equal none of them. */
const record = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(fields, { noNullPrototype: true });

const mark: fc.Arbitrary<Mark> = fc.oneof(
  record({
    kind: fc.constant("said" as const),
    id: fc.constantFrom("a", "b"),
    until: fc.integer({ min: T0, max: T0 + 5_000 }),
  }),
  record({
    kind: fc.constant("trouble" as const),
    subject: fc.constantFrom("a", "b"),
    since: fc.constant(T0),
    why: fc.constantFrom("", "throttled"),
    announced: fc.boolean(),
  }),
);
const write: fc.Arbitrary<JournalWrite> = fc.oneof(
  record({ op: fc.constantFrom("open" as const, "close" as const, "set" as const), mark }),
  record({ op: fc.constant("replace" as const), before: mark, mark }),
);
const entry: fc.Arbitrary<JournalEntry> = fc.record(
  { writes: fc.array(write, { minLength: 1, maxLength: 3 }), event: fc.constantFrom("x", "y", "z").map(event) },
  { requiredKeys: ["writes"] },
);
/** Times between commits that end some of the marks that are said. */
const step = fc.record({
  run: fc.constantFrom("one" as const, "other" as const),
  wait: fc.integer({ min: 0, max: 1_500 }),
  entries: fc.array(entry, { maxLength: 4 }),
});

/** No run writes a mark whose time is over already. */
const isOver = (mark: Mark, now: number): boolean => mark.kind === "said" && mark.until <= now;

/** The simulator drops what is over when it next writes, and DynamoDB some time later: neither counts. */
async function summary(port: JournalPort, now: number) {
  const { marks, unsent } = await port.read();
  const alive = marks.filter((mark) => !isOver(mark, now));
  return {
    marks: new Map(alive.map((mark) => [markId(mark), mark])),
    unsent: new Set(unsent.map(({ id }) => id)),
  };
}
