import type { EpochMs } from "../period/period.ts";
import type { Money } from "../reconcile/money.ts";
import type { Difference, PriceAdvice, WorkedOut } from "../usage/side-by-side.ts";
import { amount } from "./amount.ts";
import { clock, lasts } from "./when.ts";

const HOUR_MS = 3_600_000;

/** "billed as of 22 Nov 12:00 UTC (7 h ago), healthy": a budget that is not healthy tells nothing at all. */
export const billedAsOf = (asOf: EpochMs, now: EpochMs): string =>
  `billed as of ${clock(minute(asOf), "UTC", now)} (${ago(Math.max(0, now - asOf))} ago), healthy`;

/** "estimate $10, metered $10.10, billed $8.20: 18 % (± 2 %) below what was metered". */
export function moneyWords(money: Money): string {
  const { estimate, metered, billed } = money;
  const told = billed.status === "known" ? `billed ${amount("usd", billed.amount)}` : `billed unknown (${billed.why})`;
  return `estimate ${workedOutWords(estimate)}, metered ${workedOutWords(metered)}, ${told}`;
}

const workedOutWords = (worked: WorkedOut): string =>
  worked.status === "known" ? amount("usd", worked.all) : `unknown (${worked.why})`;

/** "18 % below (± 2 %)". What the bill's lag can explain is no difference. */
export function differenceWords({ percent, margin, way }: Difference): string {
  if (way === "agrees") return "agrees";
  if (way === "unclear") return "agrees, as far as a bill that lags can show";
  const much = Math.round(Math.abs(percent));
  const about = Math.ceil(margin) === 0 ? "" : ` (± ${Math.ceil(margin)} %)`;
  return `${much} % ${way}${about}`;
}

/** What was found of a lasting difference, and what could be done about it. No full stops; undefined if there is none. */
export function lastingWords({
  lasting,
  billed,
}: Money): { readonly found: string; readonly remedy: string } | undefined {
  if (lasting === undefined) return undefined;
  const { way, since, by, from, advice } = lasting;
  const isNothing = billed.status === "known" && billed.amount === 0;
  const much = isNothing ? "nothing is billed of" : `billed is ${Math.round(Math.abs(by.percent))} % ${way}`;
  const than = from === "metered" ? "what was metered" : "the estimate";
  return { found: `${much} ${than} since ${new Date(since).toISOString().slice(0, 10)}`, remedy: remedyWords(advice) };
}

function remedyWords(advice: PriceAdvice): string {
  if ("lookAt" in advice) {
    const rules = advice.lookAt.map((name) => `/prices/${name}`).join(", ");
    return `look at ${rules === "" ? "the budget's filter" : `${rules} and the budget's filter`}`;
  }
  const { rule, models, multiplier } = advice;
  return `if the budget is for these models and no others, set /prices/${rule} ${JSON.stringify({ models, multiplier })}`;
}

/** What a lasting difference suggests, in one sentence without a full stop; undefined if there is none. */
export function adviceWords(money: Money): string | undefined {
  const words = lastingWords(money);
  return words && `${words.found}: ${words.remedy}`;
}

const MINUTE_MS = 60_000;
const minute = (at: EpochMs): EpochMs => Math.floor(at / MINUTE_MS) * MINUTE_MS;

/** Hours are enough of what moves three times a day. */
function ago(ms: number): string {
  if (ms < MINUTE_MS) return "less than a minute";
  const unit = ms < HOUR_MS ? MINUTE_MS : HOUR_MS;
  return lasts(Math.floor(ms / unit) * unit);
}
