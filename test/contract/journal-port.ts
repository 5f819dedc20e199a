import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { JournalEntry, Mark, MarkOf } from "@bedrock-governor/core/reconcile/journal";
import type { JournalPort } from "@bedrock-governor/core/reconcile/ports";
import { beforeEach, describe, expect, it } from "vitest";

export interface JournalSubject {
  readonly port: JournalPort;
}

const T0 = Date.UTC(2026, 0, 5);
const FAR = Date.UTC(2100, 0, 1);

const episode = (member: string): Mark => ({
  kind: "episode",
  principal: "role/batch",
  member,
  would: false,
  since: T0,
  limits: ["daily"],
  reason: "110 of 100 tokens today for role/batch",
  repairs: [],
});
const said = (id: string): Mark => ({ kind: "said", id, until: FAR });
const trouble = (why: string): MarkOf<"trouble"> => ({
  kind: "trouble",
  subject: "role/batch",
  since: T0,
  why,
  announced: false,
});

const event = (id: string): GovernorEvent => ({
  id,
  type: "Access Denied",
  version: 1,
  time: T0,
  stage: "contract",
  account: "123456789012",
  principal: "role/batch",
  models: ["anthropic.*"],
  usage: 110,
  threshold: 100,
  reason: "110 of 100 tokens today for role/batch",
});

const one = (op: "open" | "close" | "set", mark: Mark, told?: GovernorEvent): JournalEntry => ({
  writes: [{ op, mark }],
  ...(told !== undefined && { event: told }),
});

/** What `JournalPort` promises, whoever stands behind it. */
export function describeJournalPort(name: string, makeSubject: () => Promise<JournalSubject>): void {
  describe(`the journal, by ${name}`, () => {
    let port: JournalPort;
    beforeEach(async () => {
      ({ port } = await makeSubject());
    });
    const marks = async () => (await port.read()).marks;
    const unsent = async () => (await port.read()).unsent.map(({ id }) => id);

    it("is empty at first", async () => {
      expect(await port.read()).toEqual({ marks: [], unsent: [] });
    });

    it("keeps every kind of mark as it was written", async () => {
      const all: readonly Mark[] = [
        { ...episode("anthropic.*"), repairs: [T0, T0 + 1] } as Mark,
        { kind: "write", principal: "role/batch", attached: ["a-policy"], denied: ["anthropic.*"], at: T0 },
        {
          kind: "baseline",
          reset: "r@1",
          limit: "daily",
          key: { principal: "role/batch" },
          periodStart: T0,
          amount: 12.5,
        },
        { kind: "peak", limit: "daily", key: {}, measure: "usd", amount: 0.1 + 0.2, since: T0 },
        { kind: "held-step", limit: "rolling", key: { model: "anthropic.claude-opus-4-7" }, at: 100, since: T0 },
        said("warned"),
        { kind: "held-plan", id: "abc", pairs: ["p1", "p2"], at: T0 },
        { kind: "new-deny", principal: "role/batch", at: T0 },
        trouble("LimitExceeded: role/batch holds 10 policies"),
        { kind: "parameter", parameter: "limits/daily", version: 3, value: '{"models":["*"]}' },
        { kind: "billed", budget: "bedrock", span: { start: T0, end: T0 + 1 }, amount: 0.1 + 0.2, nothingSince: T0 },
        { kind: "bill-drift", limit: "billed", since: T0, nothing: true },
        {
          kind: "money",
          limit: "billed",
          at: T0,
          span: { start: T0 - 86_400_000, end: T0 },
          asOf: T0,
          billed: 8.2,
          estimate: { status: "unknown", why: "no region is metered" },
          metered: { status: "known", settled: 9, all: 10 },
          departure: { way: "below", since: T0 },
        },
      ];
      const entries = all.map((mark) => one("open", mark));
      expect(await port.commit(entries)).toEqual(entries);
      const byKind = (a: Mark, b: Mark) => (a.kind < b.kind ? -1 : 1);
      expect([...(await marks())].sort(byKind)).toEqual(all.toSorted(byKind));
    });

    it("opens a mark only once, closes it only once, and tells each only once", async () => {
      const open = one("open", episode("anthropic.*"), event("denied"));
      const close = one("close", episode("anthropic.*"), event("lifted"));
      expect(await port.commit([close])).toEqual([]);
      expect(await port.commit([open])).toEqual([open]);
      expect(await port.commit([{ ...open, event: event("denied again") }])).toEqual([]);
      expect(await port.commit([close])).toEqual([close]);
      expect(await port.commit([close])).toEqual([]);
      expect(await marks()).toEqual([]);
      expect(await unsent()).toEqual(["denied", "lifted"]);
    });

    it("replaces a mark only if it is still the one that was seen", async () => {
      await port.commit([one("open", trouble("throttled"))]);
      const replace: JournalEntry = {
        writes: [{ op: "replace", before: trouble("throttled"), mark: { ...trouble("throttled"), announced: true } }],
        event: event("failed"),
      };
      expect(await port.commit([replace])).toEqual([replace]);
      expect(await port.commit([replace])).toEqual([]);
      expect(await marks()).toEqual([{ ...trouble("throttled"), announced: true }]);
      expect(await unsent()).toEqual(["failed"]);
    });

    it("sets a mark whether it is there or not", async () => {
      await port.commit([one("set", trouble("one"))]);
      await port.commit([one("set", trouble("two"))]);
      expect(await marks()).toEqual([trouble("two")]);
    });

    it("writes an entry as a whole or not at all, and the entries after it all the same", async () => {
      await port.commit([one("open", said("first"))]);
      const half: JournalEntry = {
        writes: [
          { op: "open", mark: said("second") },
          { op: "open", mark: said("first") },
        ],
        event: event("half"),
      };
      const whole: JournalEntry = {
        writes: [
          { op: "open", mark: said("third") },
          { op: "close", mark: said("first") },
        ],
        event: event("whole"),
      };
      expect(await port.commit([half, whole])).toEqual([whole]);
      expect(await marks()).toEqual([said("third")]);
      expect(await unsent()).toEqual(["whole"]);
    });

    it("lets one of two runs that are equally fast write, and not both", async () => {
      const entry = one("open", episode("anthropic.*"), event("denied"));
      const written = await Promise.all([port.commit([entry]), port.commit([entry])]);
      expect(written.flat()).toHaveLength(1);
      expect(await unsent()).toEqual(["denied"]);
    });

    it("keeps events until they are sent, oldest first", async () => {
      for (const id of ["one", "two", "three"])
        await port.commit([one("open", said(id), { ...event(id), time: T0 + id.length })]);
      await port.commit([
        { writes: [{ op: "open", mark: said("four") }], event: { ...event("four"), time: T0 + 100 } },
      ]);
      expect((await unsent()).toSorted()).toEqual(["four", "one", "three", "two"]);
      expect((await unsent()).at(-1)).toBe("four");
      await port.sent(["two", "one", "never heard of"]);
      expect(await unsent()).toEqual(["three", "four"]);
      await port.sent(["three", "four"]);
      expect((await port.read()).unsent).toEqual([]);
      expect(await marks()).toHaveLength(4);
    });

    it("reads everything, however much there is", async () => {
      const entries = Array.from({ length: 250 }, (_, number) =>
        one("open", said(`mark-${number}`), event(`event-${number}`)),
      );
      expect(await port.commit(entries)).toHaveLength(250);
      const journal = await port.read();
      expect([journal.marks.length, journal.unsent.length]).toEqual([250, 250]);
    });
  });
}
