import type { Measure } from "../limit/limit.ts";

const NAMES: Readonly<Record<Measure, readonly [one: string, many: string]>> = {
  invocations: ["call", "calls"],
  inputTokens: ["input token", "input tokens"],
  outputTokens: ["output token", "output tokens"],
  cacheReadTokens: ["cache read token", "cache read tokens"],
  cacheWriteTokens: ["cache write token", "cache write tokens"],
  totalTokens: ["token", "tokens"],
  images: ["image", "images"],
  usd: ["dollar", "dollars"],
};

/** An amount to be read at a glance: "2.01 M tokens", "1 call", "$104.20". */
export function amount(measure: Measure, n: number): string {
  return withName(measure, short(measure, n).text, n);
}

/** An amount to the last digit: "2,010,345 tokens", "$0.00123". */
export function exactAmount(measure: Measure, n: number): string {
  return withName(measure, exact(measure, n), n);
}

/**
 * "$104.20 of $100", "2.01 M of 2 M tokens": short as long as that puts the usage on the side of the
 * mark it is on, else to the last digit: "2,000,001 of 2,000,000 tokens".
 *
 * @param step percent of the threshold that the reader will compare the usage with.
 */
export function usageOf(measure: Measure, usage: number, threshold: number, step = 100): string {
  const used = short(measure, usage);
  const of = short(measure, threshold);
  const agrees = [threshold, (threshold * step) / 100].every(
    (mark) => Math.sign(used.value - mark) === Math.sign(usage - mark),
  );
  const told =
    agrees && of.value === threshold ? [used.text, of.text] : [exact(measure, usage), exact(measure, threshold)];
  return withName(measure, told.join(" of "), threshold);
}

const withName = (measure: Measure, text: string, n: number): string =>
  measure === "usd" ? text : `${text} ${NAMES[measure][n === 1 ? 0 : 1]}`;

/** A number as it is shown, and the value that is shown by it. */
interface Shown {
  readonly text: string;
  readonly value: number;
}

function short(measure: Measure, n: number): Shown {
  return measure === "usd" ? shortMoney(n) : shortCount(n);
}

/** Cents, or two digits of what is less than ten cents. */
function shortMoney(n: number): Shown {
  const decimals = n === 0 ? 2 : Math.min(Math.max(2, 1 - Math.floor(Math.log10(Math.abs(n)))), 100);
  const digits = n.toFixed(decimals);
  return { text: money(digits), value: Number(digits) };
}

const UNITS = [
  [1e12, " T"],
  [1e9, " B"],
  [1e6, " M"],
] as const;

/** Every digit of what is under a million, three digits of what is more. */
function shortCount(n: number): Shown {
  const rounded = Math.abs(n) < 1e6 ? n : Number(n.toPrecision(3));
  const [size, unit] = UNITS.find(([size]) => Math.abs(rounded) >= size) ?? [1, ""];
  return { text: grouped(plain(rounded / size)) + unit, value: rounded };
}

function exact(measure: Measure, n: number): string {
  return measure === "usd" ? money(plain(n)) : grouped(plain(n));
}

/** Whole dollars without cents, and never one decimal: $100, $104.20, $0.0042. */
function money(digits: string): string {
  const [whole = "", decimals = ""] = digits.split(".");
  const kept = decimals.replace(/0+$/, "");
  const shown = grouped(kept === "" ? whole : `${whole}.${kept.padEnd(2, "0")}`);
  return shown.startsWith("-") ? `-$${shown.slice(1)}` : `$${shown}`;
}

/** A number's own digits, never as 1e-7. */
function plain(n: number): string {
  const text = String(n);
  if (!text.includes("e")) return text;
  const [mantissa = "", exponent] = text.split("e");
  return n.toFixed(Math.min(100, Math.max(0, (mantissa.split(".")[1] ?? "").length - Number(exponent))));
}

/** 2010345.5 as 2,010,345.5. Not Intl's: its English differs between versions of ICU. */
function grouped(digits: string): string {
  const [whole = "", decimals] = digits.split(".");
  const thousands = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return decimals === undefined ? thousands : `${thousands}.${decimals}`;
}
