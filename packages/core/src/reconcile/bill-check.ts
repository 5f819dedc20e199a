import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { isBudget, type Limit } from "../limit/limit.ts";
import type { Settings } from "../limit/settings.ts";
import type { EpochMs } from "../period/period.ts";
import { departureAfter, differenceOf } from "../usage/side-by-side.ts";
import { billDrift } from "./bill-drift.ts";
import { billedOf, comparedSpans, together, workedOut } from "./bill-sums.ts";
import type { MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type Mark, marksOf } from "./journal.ts";
import { basisOf, type Compared, isOutdated, type Money, moneyOf } from "./money.ts";
import type { Ports, UsageReading } from "./ports.ts";
import type { Failure } from "./report.ts";

export interface BillCheck {
  readonly entries: readonly JournalEntry[];
  readonly money: readonly Money[];
}

interface CheckInput {
  readonly ports: Pick<Ports, "now" | "usage" | "measured">;
  readonly settings: Settings;
  readonly readings: ReadonlyMap<string, LimitReadings>;
  readonly marks: readonly Mark[];
  readonly now: EpochMs;
  /** No comparison is begun after it. */
  readonly deadline: EpochMs;
  readonly makeEvent: MakeEvent;
  readonly failures: Failure[];
}

type Bill = UsageReading & { readonly status: "known"; readonly asOf: EpochMs };

const HOUR_MS = 3_600_000;

/**
 * Puts what is billed of a limit's budget beside what its models should have cost, whenever the bill has moved and
 * at most once an hour, also where it fails: reading CloudWatch is paid by the metric, and the bill moves three times a
 * day. That the two are apart for days is told, once, and that they agree again.
 *
 * Nothing is decided by it: it comes after everything that is, and of many limits each run compares one.
 */
export async function checkBills(input: CheckInput): Promise<BillCheck> {
  const { settings, readings, marks, now } = input;
  const limits = settings.limits.filter(({ source }) => isBudget(source));
  const before = new Map(marksOf(marks, "money").map((mark) => [mark.limit, mark]));
  const drifts = marksOf(marks, "bill-drift");
  const entries: JournalEntry[] = [...before.values(), ...drifts]
    .filter((mark) => !limits.some(({ name }) => name === mark.limit))
    .map((mark) => ({ writes: [{ op: "close", mark }] }));
  const readingOf = ({ name }: Limit) => readings.get(name)?.main;
  const due = limits.find((limit) => isDue(limit, readingOf(limit), before.get(limit.name), input));
  const compared = due && (await compare(due, readingOf(due), before.get(due.name), input));
  const money = limits.map((limit) => {
    const mark = compared?.limit === limit.name ? compared : before.get(limit.name);
    return moneyOf(limit, readingOf(limit), mark, settings);
  });
  if (due !== undefined && compared === undefined) {
    const tried = { kind: "said" as const, id: `${failedId(due)}${now}`, until: now + HOUR_MS };
    entries.push({ writes: [{ op: "open", mark: tried }] });
  }
  if (due !== undefined && compared !== undefined) {
    const told = drifts.find(({ limit }) => limit === due.name);
    const found = money.find(({ limit }) => limit === due.name);
    const drift = found && billDrift({ limit: due, compared, money: found, told }, input);
    const writes = [{ op: "set" as const, mark: compared }, ...(drift?.writes ?? [])];
    entries.push({ writes, ...(drift?.event && { event: drift.event }) });
  }
  return { entries, money };
}

const failedId = ({ name }: Limit): string => `bill-not-compared#${name}#`;

const isBill = (reading: UsageReading | undefined): reading is Bill =>
  reading?.status === "known" && reading.asOf !== undefined && billedOf(reading).status === "known";

/** Undefined if it failed. */
async function compare(
  limit: Limit,
  reading: UsageReading | undefined,
  last: Compared | undefined,
  { ports, now, failures, settings }: CheckInput,
): Promise<Compared | undefined> {
  const { measured } = ports;
  if (measured === undefined || !isBill(reading)) return undefined;
  try {
    const spans = comparedSpans(reading.span, reading.asOf);
    const [estimate, runtime, mantle] = await Promise.all([
      workedOut(ports.usage.logs, "logs", spans, limit.models),
      workedOut(measured.runtime, "metrics", spans, limit.models),
      workedOut(measured.mantle, "metrics", spans, limit.models),
    ]);
    const metered = together(runtime, mantle);
    const billed = billedOf(reading);
    if (billed.status === "unknown") return undefined;
    const { amount } = billed;
    const { span, asOf } = reading;
    const basis = basisOf({ estimate, metered, span }, settings);
    // With other prices or models it is another comparison.
    const before = last && isOutdated(last, settings) ? undefined : last?.departure;
    const departure = departureAfter(before, basis && differenceOf(amount, basis.worked), asOf);
    return {
      kind: "money",
      limit: limit.name,
      at: now,
      span,
      asOf,
      billed: amount,
      estimate,
      metered,
      ...(departure !== undefined && { departure }),
    };
  } catch (error) {
    failures.push({ what: `comparing what is billed of ${limit.name} with what was used`, error });
    return undefined;
  }
}

function isDue(
  limit: Limit,
  reading: UsageReading | undefined,
  last: Compared | undefined,
  { ports, settings, marks, now, deadline }: CheckInput,
): boolean {
  if (ports.measured === undefined || !isBill(reading) || ports.now() >= deadline) return false;
  if (marksOf(marks, "said").some(({ id, until }) => id.startsWith(failedId(limit)) && until > now)) return false;
  if (last === undefined || last.span.start !== reading.span.start || isOutdated(last, settings)) return true;
  return last.asOf !== reading.asOf && now - last.at >= HOUR_MS;
}
