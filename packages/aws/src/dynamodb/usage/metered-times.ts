import type { EpochMs } from "@bedrock-governor/core/period/period";
import { type MeteredTime, meteredItem, readMarks } from "./marks.ts";
import { putItems, type Store } from "./store.ts";
import { MINUTE_MS } from "./times.ts";

/** How long after a deployment says so a meter counts as there: by then it is through, and Bedrock logs. */
export const SETTLES_WITHIN_MS = 10 * MINUTE_MS;

/** Of a role made a moment ago, IAM says for some seconds that it may not. */
const ATTEMPTS = 7;
const PAUSE_MS = 5_000;

interface Noting extends Store {
  readonly at: EpochMs;
  readonly keptForMs: number;
}

/** Keeps which regions have a meter from now on. Of one that had it before, since when stays as it is. */
export async function noteMetered(noting: Noting, regions: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await note(noting, regions);
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof Error && error.name === "AccessDeniedException")) throw error;
    }
    await noting.wait(PAUSE_MS);
  }
}

async function note(noting: Noting, regions: readonly string[]): Promise<void> {
  const { at, keptForMs } = noting;
  const there = (await readMarks(noting)).metered.filter(({ end }) => end === undefined);
  const begun = regions
    .filter((region) => !there.some((one) => one.region === region))
    .map((region): MeteredTime => ({ region, start: at + SETTLES_WITHIN_MS, end: undefined }));
  const over = there
    .filter(({ region }) => !regions.includes(region))
    .map((one): MeteredTime => ({ ...one, end: Math.max(one.start, at) }));
  await putItems(
    noting,
    [...begun, ...over].map((one) => meteredItem(one, keptForMs)),
  );
}
