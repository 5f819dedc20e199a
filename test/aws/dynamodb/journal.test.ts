import { createJournal, permissions } from "@bedrock-governor/aws/dynamodb/journal";
import { auditKey } from "@bedrock-governor/aws/dynamodb/journal-items";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { JournalEntry, Mark, MarkOf } from "@bedrock-governor/core/reconcile/journal";
import { describe, expect, it } from "vitest";
import { type Answer, cancelled, type Request, scriptedDynamodb } from "./scripted-dynamodb.ts";

const T0 = Date.UTC(2026, 0, 5);
const done: Answer = { output: {} };

const said = (id: string, until = T0 + 1): Mark => ({ kind: "said", id, until });
const trouble: MarkOf<"trouble"> = { kind: "trouble", subject: "role/a", since: T0, why: "", announced: false };
const event: GovernorEvent = {
  id: "denied",
  type: "Access Denied",
  version: 1,
  time: T0,
  stage: "production",
  account: "123456789012",
  reason: "110 of 100 tokens today for role/a",
};
const open = (mark: Mark, told?: GovernorEvent): JournalEntry => ({
  writes: [{ op: "open", mark }],
  ...(told !== undefined && { event: told }),
});

function setUp(answer: (request: Request, count: number) => Answer) {
  const waits: number[] = [];
  const { dynamodb, requests } = scriptedDynamodb((request) => answer(request, requests.length));
  const wait = async (ms: number) => void waits.push(ms);
  return { port: createJournal({ dynamodb, table: "table", now: () => T0, wait }), requests, waits };
}

const tokens = (requests: readonly Request[]) => new Set(requests.map(({ input }) => input.ClientRequestToken));

describe("reading the journal", () => {
  const item = (mark: Mark) => ({ sk: { S: mark.kind }, markText: { S: JSON.stringify(mark) } });

  it("reads every page, as DynamoDB has it now", async () => {
    const { port, requests } = setUp((_, count) =>
      count === 1
        ? { output: { Items: [item(said("one"))], LastEvaluatedKey: { pk: { S: "journal" }, sk: { S: "one" } } } }
        : { output: { Items: [item(said("two"))] } },
    );
    expect((await port.read()).marks).toEqual([said("one"), said("two")]);
    expect(requests.map(({ input }) => [input.ConsistentRead, input.ExclusiveStartKey])).toEqual([
      [true, undefined],
      [true, { pk: { S: "journal" }, sk: { S: "one" } }],
    ]);
  });

  it("is one call while nothing happens", async () => {
    const { port, requests } = setUp(() => ({ output: { Items: [] } }));
    await port.read();
    await port.commit([]);
    await port.sent([]);
    expect(requests.map(({ operation }) => operation)).toEqual(["Query"]);
  });

  it("leaves out what is over and not deleted yet", async () => {
    const { port } = setUp(() => ({ output: { Items: [item(said("over", T0)), item(said("good"))] } }));
    expect((await port.read()).marks).toEqual([said("good")]);
  });

  it("rejects if a page is unread, or an item is none of its own", async () => {
    const unread = setUp((_, count) =>
      count === 1
        ? { output: { Items: [], LastEvaluatedKey: { pk: { S: "journal" }, sk: { S: "one" } } } }
        : { error: "AccessDeniedException" },
    );
    await expect(unread.port.read()).rejects.toThrow("AccessDenied");
    const foreign = setUp(() => ({ output: { Items: [{ sk: { S: "something" } }] } }));
    await expect(foreign.port.read()).rejects.toThrow("neither a mark nor an event: something");
  });
});

describe("writing the journal", () => {
  it("writes an entry's marks, its event for the bus and its event for the history in one transaction", async () => {
    const { port, requests } = setUp(() => done);
    await port.commit([
      {
        writes: [
          { op: "close", mark: trouble },
          { op: "set", mark: said("x") },
        ],
        event,
      },
    ]);
    const [request, ...others] = requests;
    expect(others).toEqual([]);
    expect(
      request?.input.TransactItems?.map(({ Put, Delete }) => [
        Put?.Item?.pk?.S ?? "delete",
        (Put?.Item ?? Delete?.Key)?.sk?.S,
      ]),
    ).toEqual([
      ["delete", "mark#trouble#role/a"],
      ["journal", "mark#said#x"],
      ["journal", "event#denied"],
      ["audit#2026-01", "2026-01-05T00:00:00.000Z#denied"],
    ]);
    expect(auditKey(event)).toEqual({ pk: "audit#2026-01", sk: "2026-01-05T00:00:00.000Z#denied" });
  });

  it("lets DynamoDB delete what ends by itself, and the history after its time", async () => {
    const { port, requests } = setUp(() => done);
    const marks: Mark[] = [
      said("ends", T0 + 1_500),
      said("never ends", Number.MAX_SAFE_INTEGER),
      trouble,
      { kind: "new-deny", principal: "role/a", at: T0 },
    ];
    await port.commit([{ writes: marks.map((mark) => ({ op: "set", mark })), event }]);
    const seconds = T0 / 1_000;
    const day = 86_400;
    expect(requests[0]?.input.TransactItems?.map(({ Put }) => Put?.Item?.expires?.N)).toEqual(
      [seconds + 2, undefined, undefined, seconds + day, undefined, seconds + 400 * day].map((at) => at?.toString()),
    );
  });

  it("compares what was seen by value: the order of keys does not matter", async () => {
    const texts: (string | undefined)[] = [];
    const { announced, why, since, subject, kind } = trouble;
    for (const mark of [trouble, { announced, why, since, subject, kind }]) {
      const { port, requests } = setUp(() => done);
      await port.commit([open(mark)]);
      texts.push(requests[0]?.input.TransactItems?.[0]?.Put?.Item?.markText?.S);
    }
    expect(texts[0]).toBe(texts[1]);
  });

  it("leaves an entry to the run that was faster, and goes on", async () => {
    const { port, waits } = setUp((_, count) => (count === 1 ? cancelled("None", "ConditionalCheckFailed") : done));
    const entries = [open(said("one"), event), open(said("two"))];
    expect(await port.commit(entries)).toEqual(entries.slice(1));
    expect(waits).toEqual([]);
  });

  it("tries again after a conflict with another transaction, in which either of the two may win", async () => {
    const answers = [
      cancelled("TransactionConflict", "None"),
      cancelled("None", "ProvisionedThroughputExceeded"),
      done,
    ];
    const { port, requests, waits } = setUp((_, count) => answers[count - 1] ?? done);
    expect(await port.commit([open(said("one"))])).toHaveLength(1);
    expect([requests.length, waits.length, tokens(requests).size]).toEqual([3, 2, 1]);

    const lost = setUp((_, count) => cancelled(count === 1 ? "TransactionConflict" : "ConditionalCheckFailed"));
    expect(await lost.port.commit([open(said("one"))])).toEqual([]);
  });

  it("waits for its own first attempt if DynamoDB is still at work on that", async () => {
    const { port, requests } = setUp((_, count) => (count === 1 ? { error: "TransactionInProgressException" } : done));
    expect(await port.commit([open(said("one"))])).toHaveLength(1);
    expect([requests.length, tokens(requests).size]).toEqual([2, 1]);
  });

  it("loses patience in the end, names the entry, and leaves those that may rely on it alone", async () => {
    const { port, requests, waits } = setUp(() => cancelled("ThrottlingError"));
    await expect(port.commit([open(said("one")), open(said("two"))])).rejects.toThrow("open said#one");
    expect([requests.length, tokens(requests).size]).toEqual([7, 1]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_000);
  });

  it("does not try again what can never work", async () => {
    const { port, requests } = setUp(() => cancelled("ValidationError", "TransactionConflict"));
    await expect(port.commit([open(said("one"))])).rejects.toThrow("open said#one");
    expect(requests).toHaveLength(1);
  });

  it("does not take its own first write for another run's when DynamoDB's answer is lost", async () => {
    const written = new Set<string | undefined>();
    const { port, requests } = setUp(({ input: { ClientRequestToken: token } }) => {
      // As DynamoDB has it: what is sent again under the same token has the same answer.
      if (written.has(token)) return done;
      if (written.size > 0) return cancelled("ConditionalCheckFailed");
      written.add(token);
      return "lost";
    });
    const entry = open(said("one"), event);
    expect(await port.commit([entry])).toEqual([entry]);
    expect(requests).toHaveLength(2);
    expect(await port.commit([entry])).toEqual([]);
  });

  describe("of marks that are set whatever was there before", () => {
    const note = (index: number): JournalEntry => ({
      writes: [{ op: "set", mark: { kind: "new-deny", principal: `role/${index}`, at: T0 } }],
    });
    const notes = (count: number) => Array.from({ length: count }, (_, index) => note(index));
    const shape = ({ operation, input: { RequestItems, TransactItems } }: Request) =>
      `${operation} ${(RequestItems?.table ?? TransactItems)?.length}`;

    it("sets a thousand with forty calls", async () => {
      const { port, requests } = setUp(() => done);
      const entries = notes(1_000);
      expect(await port.commit(entries)).toEqual(entries);
      expect(requests.map(shape)).toEqual(Array(40).fill("BatchWriteItem 25"));
      expect(requests[0]?.input.RequestItems?.table?.[0]?.PutRequest?.Item).toEqual({
        pk: { S: "journal" },
        sk: { S: "mark#new-deny#role/0" },
        markText: { S: JSON.stringify({ at: T0, kind: "new-deny", principal: "role/0" }) },
        expires: { N: String(T0 / 1_000 + 86_400) },
      });
    });

    it("keeps the order of entries, and sets a mark that stands twice in two calls", async () => {
      const { port, requests } = setUp(() => done);
      await port.commit([note(1), note(2), open(said("x")), note(3), note(3), { writes: [], event }]);
      expect(requests.map(shape)).toEqual([
        "BatchWriteItem 2",
        "TransactWriteItems 1",
        "BatchWriteItem 1",
        "BatchWriteItem 1",
        "TransactWriteItems 2",
      ]);
    });

    it("sets those again that DynamoDB did not get to, and rejects if it never does", async () => {
      const some = setUp(({ input: { RequestItems } }, count) =>
        count === 1 ? { output: { UnprocessedItems: { table: RequestItems?.table?.slice(20) } } } : done,
      );
      expect(await some.port.commit(notes(25))).toHaveLength(25);
      expect(some.requests.map(shape)).toEqual(["BatchWriteItem 25", "BatchWriteItem 5"]);

      const never = setUp(({ input: { RequestItems } }) => ({ output: { UnprocessedItems: RequestItems } }));
      await expect(never.port.commit(notes(30))).rejects.toThrow("set new-deny#role/0");
      expect(new Set(never.requests.map(shape))).toEqual(new Set(["BatchWriteItem 25"]));
    });

    it("writes in one transaction what is to be whole, or is told", async () => {
      const { port, requests } = setUp(() => done);
      const two = [...note(1).writes, ...note(2).writes];
      await port.commit([{ writes: two }, { ...note(3), event }]);
      expect(requests.map(shape)).toEqual(["TransactWriteItems 2", "TransactWriteItems 3"]);
    });
  });

  describe("of an entry with more writes than a transaction holds", () => {
    const writes = Array.from({ length: 200 }, (_, number) => ({ op: "open" as const, mark: said(`mark-${number}`) }));
    const shape = ({ input: { TransactItems = [] } }: Request) => {
      const [first] = TransactItems;
      return `${TransactItems.length} ${first?.ConditionCheck === undefined ? "written" : "asked"}`;
    };

    it("asks for every condition first, and tells with the first transaction", async () => {
      const { port, requests } = setUp(() => done);
      expect(await port.commit([{ writes, event }])).toHaveLength(1);
      expect(requests.map(shape)).toEqual(["98 asked", "4 asked", "100 written", "98 written", "4 written"]);
      expect(requests[2]?.input.TransactItems?.at(-1)?.Put?.Item?.pk?.S).toBe("audit#2026-01");
    });

    it("writes nothing if one does not hold", async () => {
      const { port, requests } = setUp((_, count) => (count === 2 ? cancelled("ConditionalCheckFailed") : done));
      expect(await port.commit([{ writes, event }])).toEqual([]);
      expect(requests.map(shape)).toEqual(["98 asked", "4 asked"]);
    });

    it("leaves what another run wrote in between, and writes the rest one by one", async () => {
      const { port, requests } = setUp((_, count) =>
        count === 5 || count === 7 ? cancelled("ConditionalCheckFailed") : done,
      );
      expect(await port.commit([{ writes, event }])).toHaveLength(1);
      expect(requests.slice(4).map(shape)).toEqual(["4 written", ...Array(4).fill("1 written")]);
    });
  });
});

describe("after events were sent", () => {
  it("deletes them in batches, each once, and again those DynamoDB did not get to", async () => {
    const { port, requests, waits } = setUp(({ input: { RequestItems } }, count) =>
      count === 1 ? { output: { UnprocessedItems: { table: RequestItems?.table?.slice(0, 2) } } } : done,
    );
    const ids = Array.from({ length: 30 }, (_, number) => `event-${number}`);
    await port.sent([...ids, "event-0"]);
    const deleted = requests.map(({ input }) => input.RequestItems?.table?.map((one) => one.DeleteRequest?.Key.sk?.S));
    expect(deleted.map((keys) => keys?.length)).toEqual([25, 2, 5]);
    expect(deleted[1]).toEqual(["event#event-0", "event#event-1"]);
    expect(waits).toHaveLength(1);
  });

  it("tries again while a transaction is at work on one of them", async () => {
    const { port, requests } = setUp((_, count) => (count === 1 ? { error: "TransactionConflictException" } : done));
    await port.sent(["event-1"]);
    expect(requests).toHaveLength(2);
  });

  it("rejects if DynamoDB never gets to them: they are then sent again", async () => {
    const { port } = setUp(({ input: { RequestItems } }) => ({ output: { UnprocessedItems: RequestItems } }));
    await expect(port.sent(["event-1"])).rejects.toThrow("did not get to 1 writes");
  });
});

describe("its permissions", () => {
  const place = { partition: "aws", account: "123456789012", region: "us-east-1", stage: "production" };
  const granted = permissions(place, "table");

  async function calls() {
    const { port, requests } = setUp(() => ({ output: { Items: [] } }));
    await port.read();
    const writes = Array.from({ length: 99 }, (_, number) => ({ op: "open" as const, mark: said(`mark-${number}`) }));
    const note = (principal: string): JournalEntry => ({
      writes: [{ op: "set", mark: { kind: "new-deny", principal, at: T0 } }],
    });
    await port.commit([
      { writes, event },
      { writes: [{ op: "close", mark: trouble }] },
      note("role/a"),
      note("role/b"),
    ]);
    await port.sent(["denied"]);
    return requests.flatMap(({ operation, input: { TransactItems, RequestItems, ExpressionAttributeValues } }) => [
      ...(TransactItems ?? []).flatMap((item) =>
        Object.entries(item).map(([kind, { Item, Key }]) => ({ action: `${kind}Item`, pk: (Item ?? Key)?.pk?.S })),
      ),
      ...(RequestItems?.table ?? []).map(({ DeleteRequest, PutRequest }) => ({
        action: operation,
        pk: (DeleteRequest?.Key ?? PutRequest?.Item)?.pk?.S,
      })),
      ...(operation === "Query" ? [{ action: operation, pk: ExpressionAttributeValues?.[":pk"]?.S }] : []),
    ]);
  }

  it("are for exactly what it sends", async () => {
    const needed = new Set((await calls()).map(({ action }) => `dynamodb:${action}`));
    expect(new Set(granted.flatMap(({ actions }) => actions))).toEqual(needed);
    const tables = new Set(granted.flatMap(({ resources }) => resources));
    expect(tables).toEqual(new Set(["arn:aws:dynamodb:us-east-1:123456789012:table/table"]));
  });

  it("are for its own partitions of the table, and let it delete nothing of the history", async () => {
    const partitionsOf = (action: string) =>
      granted
        .filter(({ actions }) => actions.includes(`dynamodb:${action}`))
        .flatMap(({ condition }) => condition?.["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"] ?? []);
    for (const { action, pk } of await calls()) {
      expect(partitionsOf(action)).toContain(pk?.replace(/^audit#.*/, "audit#*"));
    }
    expect(partitionsOf("DeleteItem")).toEqual(["journal"]);
  });
});
