import type { Measure, Source } from "@bedrock-governor/core/limit/limit";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { UsagePort, UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE } from "@bedrock-governor/core/usage/usage-table";
import { beforeEach, describe, expect, it } from "vitest";

/** A call as the source will show it. */
export interface SeenCall {
  /** `role/NAME`. */
  readonly principal: string;
  /** As it was called. */
  readonly spelling: string;
  readonly at: EpochMs;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface UsageSubject {
  readonly port: UsagePort;
  readonly source: Source;
  /** Whether the source knows who called. */
  readonly perPrincipal: boolean;
  /** Midnight, UTC, of the day in which calls are made. */
  readonly day: EpochMs;
  /** Makes calls and waits until the source shows them. Each is earlier than noon. */
  use(calls: readonly SeenCall[]): Promise<void>;
  /** From here on the source fails. */
  breakDown(): Promise<void>;
}

const MODEL = "anthropic.claude-opus-4-5-20251101-v1:0";
const OTHER = "amazon.nova-pro-v1:0";
const HOUR = 3_600_000;

/** What `UsagePort` promises for metrics and the log, whoever stands behind it. */
export function describeUsagePort(name: string, makeSubject: () => Promise<UsageSubject>): void {
  describe(`usage, by ${name}`, () => {
    let subject: UsageSubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });
    const hours = (from: number, to: number): Span => ({
      start: subject.day + from * HOUR,
      end: subject.day + to * HOUR,
    });
    const ask = (measure: Measure, span: Span): UsageQuery => ({
      source: subject.source,
      measure,
      models: ["*"],
      span,
    });
    const call = (
      principal: string,
      spelling: string,
      hour: number,
      inputTokens: number,
      outputTokens = 0,
    ): SeenCall => ({
      principal,
      spelling,
      at: subject.day + hour * HOUR + 60_000,
      inputTokens,
      outputTokens,
    });
    /** Sums by principal and model, or by model alone. */
    const seen = (reading: UsageReading | undefined) => {
      if (reading?.status !== "known") throw new Error(reading?.why ?? "no reading");
      const { principals, models, amounts } = reading.table;
      const cells = [...amounts].map((amount, cell) => {
        const principal = principals[Math.floor(cell / models.length)];
        return [`${principal} ${models[cell % models.length]}`, amount] as const;
      });
      return Object.fromEntries(cells.filter(([, amount]) => amount !== 0));
    };
    const who = (principal: string) => (subject.perPrincipal ? principal : EVERYONE);

    it("knows that nothing was used where nobody called", async () => {
      const span = hours(0, 24);
      const readings = await subject.port.read([ask("totalTokens", span), ask("invocations", span)]);
      expect(readings).toMatchObject([
        { status: "known", span },
        { status: "known", span },
      ]);
      expect(readings.map(seen)).toEqual([{}, {}]);
    });

    it("answers each query in its place, with whole measures", async () => {
      await subject.use([
        call("role/a", MODEL, 1, 100, 10),
        call("role/a", MODEL, 2, 30, 3),
        call("role/a", OTHER, 1, 7),
      ]);
      const day = hours(0, 24);
      const measures: readonly Measure[] = ["outputTokens", "invocations", "totalTokens", "inputTokens"];
      const readings = await subject.port.read(measures.map((measure) => ask(measure, day)));
      expect(readings.map((reading) => seen(reading)[`${who("role/a")} ${MODEL}`])).toEqual([13, 2, 143, 130]);
      expect(readings.map((reading) => seen(reading)[`${who("role/a")} ${OTHER}`] ?? 0)).toEqual([0, 1, 7, 7]);
    });

    it("counts every spelling of a model as that model", async () => {
      await subject.use([
        call("role/a", MODEL, 1, 1),
        call("role/a", `us.${MODEL}`, 1, 2),
        call("role/a", `global.${MODEL}`, 1, 4),
      ]);
      const [reading] = await subject.port.read([ask("inputTokens", hours(0, 24))]);
      expect(seen(reading)).toEqual({ [`${who("role/a")} ${MODEL}`]: 7 });
    });

    it("counts what happened within the span and nothing else", async () => {
      await subject.use([1, 2, 3, 4].map((hour) => call("role/a", MODEL, hour, 10 ** hour)));
      const spans = [hours(0, 24), hours(2, 4), hours(4, 24), hours(5, 24), hours(-24, 0)];
      const readings = await subject.port.read(spans.map((span) => ask("inputTokens", span)));
      const amounts = readings.map((reading) => seen(reading)[`${who("role/a")} ${MODEL}`] ?? 0);
      expect(amounts).toEqual([11_110, 1_100, 10_000, 0, 0]);
    });

    it("tells principals apart if it knows them, and adds them up if it does not", async () => {
      await subject.use([call("role/a", MODEL, 1, 1), call("role/b", MODEL, 1, 2)]);
      const [reading] = await subject.port.read([ask("inputTokens", hours(0, 24))]);
      const apart = { [`role/a ${MODEL}`]: 1, [`role/b ${MODEL}`]: 2 };
      expect(seen(reading)).toEqual(subject.perPrincipal ? apart : { [`${EVERYONE} ${MODEL}`]: 3 });
    });

    it("knows what was spent, and that it does not know where there is no price", async () => {
      await subject.use([call("role/a", MODEL, 1, 1_000_000), call("role/a", "acme.unheard-of-v1:0", 1, 1_000_000)]);
      const [reading] = await subject.port.read([ask("usd", hours(0, 24))]);
      const { [`${who("role/a")} ${MODEL}`]: known, [`${who("role/a")} acme.unheard-of-v1:0`]: unknown } =
        seen(reading);
      expect(known).toBeGreaterThan(0);
      expect(unknown).toBeNaN();
      expect(reading?.status === "known" && reading.table.gap).toContain("acme.unheard-of-v1:0");
    });

    it("is unknown in words when the source fails, one reading per query", async () => {
      await subject.use([call("role/a", MODEL, 1, 1)]);
      await subject.breakDown();
      const readings = await subject.port.read([ask("inputTokens", hours(0, 24)), ask("usd", hours(0, 24))]);
      expect(readings).toEqual([
        { status: "unknown", why: expect.stringMatching(/\w/) },
        { status: "unknown", why: expect.stringMatching(/\w/) },
      ]);
    });
  });
}
