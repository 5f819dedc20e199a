import type { BedrockClient } from "@aws-sdk/client-bedrock";
import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { CataloguePort } from "@bedrock-governor/core/reconcile/ports";
import type { Permission } from "../permission.ts";
import { createRegionReads, type RegionReads } from "../region-reads.ts";
import { type RegionCatalogue, readRegion } from "./region-catalogue.ts";
import { createUnreadLists } from "./unread-lists.ts";

/** Every list is of the whole region, so none of the actions that list can be narrowed. */
export const permissions: readonly Permission[] = [
  {
    actions: [
      "bedrock:ListFoundationModels",
      "bedrock:ListInferenceProfiles",
      "bedrock:ListProvisionedModelThroughputs",
      "bedrock:ListCustomModelDeployments",
      "bedrock:ListCustomModels",
      "bedrock:ListImportedModels",
    ],
    resources: ["*"],
  },
  { actions: ["bedrock:GetCustomModel"], resources: ["arn:*:bedrock:*:*:custom-model/*"] },
];

export interface CatalogueOptions {
  /** By region. */
  readonly clients: ReadonlyMap<string, BedrockClient>;
  readonly now: () => EpochMs;
  /** A region's lists are read again after this time. Default: 15 minutes. */
  readonly refreshAfterMs?: number;
  /** What was read holds no longer than this if it cannot be read again. Default: an hour. */
  readonly maxAgeMs?: number;
  /** How long a region may keep a run waiting. */
  readonly reads?: RegionReads;
  /** Is told once of each list that cannot be read, again when the cause is another, and when it can be read again. Default: the console. */
  readonly warn?: (text: string) => void;
}

/** The catalogue, and what of it only metrics ask for. */
export interface BedrockCatalogue extends CataloguePort {
  /** By region; undefined if any could not be read. Asks AWS no more than `read` does. */
  regions(): Promise<ReadonlyMap<string, RegionCatalogue> | undefined>;
  /** Lists that could not be read when they were last asked for, as in `ListImportedModels in us-east-1`. */
  unread(): readonly string[];
}

/** What could not be read is asked for again by the next run, and not a second time by this one. */
const ASK_AGAIN_MS = 30_000;

/**
 * Reads Bedrock's lists in every region. Any list unread leaves all of it unknown: a part of a catalogue is none,
 * as a deny made from it would leave open what the missing list has.
 */
export function createCatalogue(options: CatalogueOptions): BedrockCatalogue {
  const { clients, now, refreshAfterMs = 15 * 60_000, maxAgeMs = 60 * 60_000 } = options;
  const { reads = createRegionReads({ now }), warn = console.warn } = options;
  const unread = createUnreadLists(warn);
  const held = new Map<string, { readonly at: EpochMs; readonly text: string; readonly lists: RegionCatalogue }>();
  const failedAt = new Map<string, EpochMs>();
  let merged:
    | { readonly text: string; readonly regions: ReadonlyMap<string, RegionCatalogue>; all: Catalogue }
    | undefined;
  let reading: Promise<typeof merged> | undefined;

  async function refresh(region: string, client: BedrockClient): Promise<void> {
    const before = held.get(region);
    const at = now();
    if (before !== undefined && at - before.at < refreshAfterMs) return;
    const failed = failedAt.get(region);
    if (failed === undefined || at - failed >= ASK_AGAIN_MS) {
      try {
        const lists = await reads.read(region, (signal) => readRegion(client, signal));
        held.set(region, { at, text: textOf(lists), lists });
        failedAt.delete(region);
        unread.note(region, undefined);
        return;
      } catch (error) {
        // Denied, throttled, cut off: whatever it was, the region is unread, and that is what `undefined` says.
        failedAt.set(region, at);
        unread.note(region, error);
      }
    }
    if (before !== undefined && at - before.at >= maxAgeMs) held.delete(region);
  }

  async function readAll(): Promise<typeof merged> {
    await Promise.all([...clients].map(([region, client]) => refresh(region, client)));
    if ([...clients.keys()].some((region) => !held.has(region))) return undefined;
    const parts = [...clients.keys()].sort().flatMap((region) => {
      const part = held.get(region);
      return part === undefined ? [] : [[region, part] as const];
    });
    const text = JSON.stringify(parts.map(([region, part]) => [region, part.text]));
    if (merged?.text !== text) {
      const regions = new Map(parts.map(([region, { lists }]) => [region, lists]));
      merged = { text, regions, all: merge([...regions.values()]) };
    }
    return merged;
  }

  const read = () => {
    reading ??= readAll().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  return {
    read: async () => (await read())?.all,
    regions: async () => (await read())?.regions,
    unread: () => unread.names(),
  };
}

const textOf = ({ models, profiles, aliases, otherArns }: RegionCatalogue): string =>
  JSON.stringify([[...models].sort(), profiles, [...aliases], [...otherArns]]);

function merge(regions: readonly RegionCatalogue[]): Catalogue {
  const otherArns = new Map<ModelId, string[]>();
  for (const region of regions) {
    for (const [model, arns] of region.otherArns)
      otherArns.set(model, [...(otherArns.get(model) ?? []), ...arns].sort());
  }
  return {
    models: [...new Set(regions.flatMap(({ models }) => [...models]))].sort(),
    aliases: new Map(regions.flatMap(({ aliases }) => [...aliases])),
    otherArns,
  };
}
