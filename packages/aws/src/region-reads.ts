import type { EpochMs } from "@bedrock-governor/core/period/period";

/** Reads of one service in several regions, none of which keeps a run waiting for long. */
export interface RegionReads {
  /**
   * One step of reading a region. Rejects when its time is up, and at once while the region is left alone: it gave
   * no answer the last time. `work` is to stop when the signal says so, and to resolve if it got any of what it asked.
   */
  read<T>(region: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export interface RegionReadsOptions {
  readonly now: () => EpochMs;
  /** How long one step may take. Default: 5 seconds, of which a run of 60 has four such steps at most. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 5_000;
const MINUTE_MS = 60_000;
/** After how many minutes a region is asked again that gave no answer once, twice… */
const PAUSES = [1, 2, 4, 5] as const;
/** A schedule is early by seconds, and the silence was noticed seconds after the run began. */
const SLACK_MS = 20_000;

export function createRegionReads({ now, patienceMs = PATIENCE_MS }: RegionReadsOptions): RegionReads {
  const silent = new Map<string, { readonly times: number; readonly until: EpochMs }>();

  const isLeftAlone = (region: string): boolean => now() < (silent.get(region)?.until ?? Number.NEGATIVE_INFINITY);

  function noteSilence(region: string): void {
    // Of several steps at once it is one silence.
    if (isLeftAlone(region)) return;
    const times = (silent.get(region)?.times ?? 0) + 1;
    const pause = PAUSES[Math.min(times, PAUSES.length) - 1] ?? 1;
    silent.set(region, { times, until: now() + pause * MINUTE_MS - SLACK_MS });
  }

  return {
    async read(region, work) {
      if (isLeftAlone(region)) throw new SilentRegion(`${region} gave no answer lately, and is asked again in minutes`);
      const signal = AbortSignal.timeout(patienceMs);
      try {
        const result = await work(signal);
        silent.delete(region);
        return result;
      } catch (error) {
        if (!signal.aborted && !isTimeout(error)) {
          // A refusal is an answer.
          silent.delete(region);
          throw error;
        }
        noteSilence(region);
        throw new SilentRegion(`${region} gave no answer within ${patienceMs / 1_000} s`, { cause: error });
      }
    },
  };
}

/** Without a cause the region was not asked. */
export class SilentRegion extends Error {
  override readonly name = "SilentRegion";
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (error.name === "TimeoutError" || isTimeout(error.cause));
