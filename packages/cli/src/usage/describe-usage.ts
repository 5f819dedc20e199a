import { onOneLine } from "@bedrock-governor/core/limit/describe-problem";
import type { Measure } from "@bedrock-governor/core/limit/limit";
import { amountOf } from "@bedrock-governor/core/metering/sums";
import type { Total } from "@bedrock-governor/core/metering/totals";
import { amount } from "@bedrock-governor/core/words/amount";
import { table } from "@bedrock-governor/core/words/table";
import type { LogSums } from "./sum-log-files.ts";

const COLUMNS: readonly (readonly [name: string, measure: Measure])[] = [
  ["Calls", "invocations"],
  ["Input", "inputTokens"],
  ["Output", "outputTokens"],
  ["Cache read", "cacheReadTokens"],
  ["Cache write", "cacheWriteTokens"],
  ["Total", "totalTokens"],
  ["Images", "images"],
];

const UNKNOWN = "unknown";

/** Sums of logs for someone at a terminal: a table, and what is not in it. */
export function describeUsage({ totals, failed, uncounted, repeated, accounts }: LogSums): string {
  const header = ["Principal", "Model", ...COLUMNS.map(([name]) => name), "Dollars"];
  const unpriced = new Set(totals.filter(({ sums }) => sums.unpriced > 0).map(({ model }) => onOneLine(model)));
  const notes = [
    ...(failed > 0 ? [`${counted(failed, "call")} failed and used nothing.`] : []),
    ...(uncounted > 0
      ? [`${counted(uncounted, "call")} without counts of tokens: what they used is not in these sums.`]
      : []),
    ...(repeated > 0 ? [`${counted(repeated, "record")} of requests counted before left out.`] : []),
    ...(unpriced.size > 0 ? [`Unknown: the built-in table has no price for ${[...unpriced].sort().join(", ")}.`] : []),
    ...(accounts > 1 ? [`The logs are of ${accounts} accounts: roles and users of one name are added up.`] : []),
  ];
  const lines = totals.length === 0 ? ["No calls."] : table([header, ...totals.map(cells)]);
  return [...lines, ...(notes.length > 0 ? ["", ...notes] : []), ""].join("\n");
}

function cells({ principal, model, sums }: Total): readonly string[] {
  const counts = COLUMNS.map(([, measure]) => grouped(amountOf(sums, measure)));
  const usd = amountOf(sums, "usd");
  return [onOneLine(principal), onOneLine(model), ...counts, usd === undefined ? UNKNOWN : amount("usd", usd)];
}

const grouped = (count: number | undefined): string => count?.toLocaleString("en-US") ?? UNKNOWN;
const counted = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
