import type { Limit } from "../limit/limit.ts";
import type { Settings } from "../limit/settings.ts";
import type { EpochMs } from "../period/period.ts";
import { differenceOf, type Way } from "../usage/side-by-side.ts";
import { differenceWords, lastingWords, moneyWords } from "../words/money.ts";
import { clock } from "../words/when.ts";
import { aboutLimit, type EventFields, type MakeEvent } from "./event-maker.ts";
import type { JournalEntry, MarkOf } from "./journal.ts";
import { basisOf, type Compared, type Money } from "./money.ts";

type BillDrift = MarkOf<"bill-drift">;

interface Comparison {
  readonly limit: Limit;
  readonly compared: Compared;
  readonly money: Money;
  /** What was told before and is not over. */
  readonly told: BillDrift | undefined;
}

/**
 * What is to be told of a fresh comparison: a departure once it lasts, and its end once both were compared and are not
 * apart. With other prices, or the other way, it is another departure, which is told when it lasts as well.
 */
export function billDrift(
  { limit, compared, money, told }: Comparison,
  { settings, now, makeEvent }: { readonly settings: Settings; readonly now: EpochMs; readonly makeEvent: MakeEvent },
): JournalEntry | undefined {
  const about: Omit<EventFields, "reason"> = {
    ...aboutLimit(limit),
    models: limit.models,
    usage: compared.billed,
    period: { ...compared.span, timeZone: "UTC" },
  };
  const sums = `up to ${clock(compared.asOf, "UTC", now)}, ${moneyWords(money)}`;
  const { lasting } = money;
  const words = lastingWords(money);
  if (lasting !== undefined && words !== undefined) {
    const { way, since } = lasting;
    const nothing = compared.billed === 0;
    if (told?.since === since && (told.nothing ?? false) === nothing) return undefined;
    const mark: BillDrift = { kind: "bill-drift", limit: limit.name, since, ...(nothing && { nothing }) };
    const event = makeEvent("Metering Drift", {
      ...about,
      since,
      reason: `${sums}: ${words.found}; likely ${nothing ? NOTHING_LIKELY : LIKELY[way]}`,
      ends: words.remedy,
    });
    return { writes: [told === undefined ? { op: "open", mark } : { op: "replace", before: told, mark }], event };
  }
  const basis = basisOf(compared, settings);
  const difference = basis && differenceOf(compared.billed, basis.worked);
  if (told === undefined || difference === undefined || compared.departure !== undefined) return undefined;
  const reason = `${sums}: the bill ${differenceWords(difference)}`;
  return {
    writes: [{ op: "close", mark: told }],
    event: makeEvent("Enforcement Recovered", { ...about, since: told.since, reason }),
  };
}

const NOTHING_LIKELY = "a budget whose filter names services or usage types otherwise than the bill does";
const LIKELY: Readonly<Record<Way, string>> = {
  below: "prices that are lower than the built-in ones, or a budget whose filter misses some of the usage",
  above: "prices that are higher than the built-in ones, or a budget that is for other models or accounts as well",
};
