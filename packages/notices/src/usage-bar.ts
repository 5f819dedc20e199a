import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { amount } from "@bedrock-governor/core/words/amount";

const CELLS = 20;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;
const MOST_STEPS = 5;

/**
 * Usage against the steps, in lines of one width for each letter: the bar, where its steps are, and what they do.
 * Rounded down: what does not reach a step is not drawn as if it did. Empty where there is nothing to measure by.
 */
export function usageBar(event: GovernorEvent): readonly string[] {
  const { measure, usage, threshold, step } = event;
  if (measure === undefined || usage === undefined || threshold === undefined) return [];
  if (!(Number.isFinite(usage) && threshold > 0 && Number.isFinite(threshold))) return [];
  const steps = event.steps ?? (step === undefined ? [] : [{ at: step, denies: undefined }]);
  const scale = Math.max(100, ...steps.map(({ at }) => at));
  const percent = shareOf(usage, threshold);
  return [
    `${drawn(percent / scale)} ${percent < 1 && usage > 0 ? "under 1" : Math.floor(percent)} % of ${amount(measure, threshold)}`,
    ...(steps.length === 0 ? [] : [marks(steps.map(({ at }) => at / scale)), legend(steps)]),
  ];
}

/** In percent; what is beyond 12 digits is an error of arithmetic. */
const shareOf = (usage: number, threshold: number): number =>
  Number(((Math.max(usage, 0) / threshold) * 100).toPrecision(12));

function drawn(share: number): string {
  if (share > 1) return `${"█".repeat(CELLS)}▶`;
  const eighths = Math.floor(share * CELLS * 8);
  const bar = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
  return bar.padEnd(CELLS, "░");
}

/** A mark under the cell that a step fills. */
function marks(shares: readonly number[]): string {
  const cells = new Set(shares.map((share) => Math.max(0, Math.ceil(share * CELLS) - 1)));
  return Array.from({ length: CELLS }, (_, cell) => (cells.has(cell) ? "▲" : " "))
    .join("")
    .trimEnd();
}

function legend(steps: readonly { readonly at: number; readonly denies: boolean | undefined }[]): string {
  const told = (verb: string, denies: boolean | undefined) => {
    const at = steps.filter((step) => step.denies === denies).map((step) => `${step.at} %`);
    if (at.length === 0) return [];
    return [`${verb} ${at.slice(0, MOST_STEPS).join(", ")}${at.length > MOST_STEPS ? " …" : ""}`];
  };
  return [...told("warns at", false), ...told("denies at", true), ...told("step at", undefined)].join("; ");
}
