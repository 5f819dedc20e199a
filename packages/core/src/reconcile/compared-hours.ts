import type { ModelId } from "../model/model-id.ts";
import { matchesAny, type Pattern } from "../model/pattern.ts";
import type { Span } from "../period/period.ts";
import { COMPARED, type Compared } from "../usage/drift.ts";
import type { UsageTable } from "../usage/usage-table.ts";
import type { Ports, UsagePort, UsageReading } from "./ports.ts";

/** One hour by the invocation log, and by CloudWatch on the road that has a log and on the one that has none. */
export interface ComparedHour {
  readonly hour: Span;
  readonly logged: Sums;
  readonly runtime: Sums;
  readonly mantle: Sums;
}

export interface Sums {
  /** All that are named. */
  readonly models: ReadonlySet<ModelId>;
  /** Zeros where nothing is told of a model, NaN where it is unknown. */
  of(model: ModelId): Compared;
  /** What the source cannot see. */
  readonly unseen: string | undefined;
  /** Whether all of it is known. */
  readonly complete: boolean;
}

const NONE: Compared = { invocations: 0, totalTokens: 0 };
const UNKNOWN: Compared = { invocations: Number.NaN, totalTokens: Number.NaN };
const NOTHING_READ: Sums = { models: new Set(), of: () => UNKNOWN, unseen: undefined, complete: false };

/**
 * Reads both sides of those hours of which the log can tell all. All at once: CloudWatch charges by the metric, and not
 * by how much of it is read. Rejects only on a defect of a source.
 */
export async function readHours(
  hours: readonly Span[],
  models: readonly Pattern[],
  usage: Pick<Ports["usage"], "logs">,
  measured: NonNullable<Ports["measured"]>,
): Promise<readonly ComparedHour[]> {
  const told = await sumsOf(usage.logs, "logs", hours, models);
  const known = hours.flatMap((hour, index) => {
    const logged = told[index];
    // Told as unknown usage already, or of an hour in which metering began.
    return logged === undefined ? [] : [{ hour, logged }];
  });
  if (known.length === 0) return [];
  const [runtime = [], mantle = []] = await Promise.all(
    [measured.runtime, measured.mantle].map((port) =>
      sumsOf(
        port,
        "metrics",
        known.map(({ hour }) => hour),
        models,
      ),
    ),
  );
  return known.map((one, index) => ({
    ...one,
    runtime: runtime[index] ?? NOTHING_READ,
    mantle: mantle[index] ?? NOTHING_READ,
  }));
}

/** One each per hour; undefined where the source does not tell of all of it. */
async function sumsOf(
  port: UsagePort,
  source: "logs" | "metrics",
  hours: readonly Span[],
  models: readonly Pattern[],
): Promise<readonly (Sums | undefined)[]> {
  const queries = hours.flatMap((span) => COMPARED.map((measure) => ({ source, measure, models, span })));
  const readings = await port.read(queries);
  return hours.map((_, index) => {
    const ofHour = readings.slice(index * COMPARED.length, (index + 1) * COMPARED.length);
    return sumsIn(ofHour, models, source === "metrics");
  });
}

/** @param patterns whether an unknown amount may stand under a pattern: it is then unknown of every model that it matches. */
function sumsIn(readings: readonly UsageReading[], models: readonly Pattern[], patterns: boolean): Sums | undefined {
  const byModel = new Map<string, Compared>();
  let complete = true;
  for (const [index, measure] of COMPARED.entries()) {
    const reading = readings[index];
    if (reading?.status !== "known" || reading.incomplete) return undefined;
    for (const [model, sum] of columnSums(reading.table)) {
      if (!matchesAny(models, model)) continue;
      byModel.set(model, { ...(byModel.get(model) ?? NONE), [measure]: sum });
      complete &&= !Number.isNaN(sum);
    }
  }
  const unread = patterns ? [...byModel.keys()].filter((name) => name.includes("*")) : [];
  return {
    models: new Set([...byModel.keys()].filter((name) => !unread.includes(name))),
    of: (model) => (matchesAny(unread, model) ? UNKNOWN : (byModel.get(model) ?? NONE)),
    unseen: readings.flatMap((reading) => (reading.status === "known" ? (reading.unseen ?? []) : []))[0],
    complete,
  };
}

function columnSums({ principals, models, amounts }: UsageTable): ReadonlyMap<string, number> {
  const sums = models.map((model, column): [string, number] => {
    let sum = 0;
    for (let row = 0; row < principals.length; row++) sum += amounts[row * models.length + column] ?? Number.NaN;
    return [model, sum];
  });
  return new Map(sums);
}
