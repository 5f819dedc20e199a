import { type Catalogue, resolveModel } from "@bedrock-governor/core/model/catalogue";
import { type ModelId, mantleIds, PROFILE_PREFIXES, parseSpelling } from "@bedrock-governor/core/model/model-id";
import { matchesAny, type Pattern } from "@bedrock-governor/core/model/pattern";
import { type ListedSeries, type Series, seriesKey } from "./series.ts";
import type { Spellings } from "./spellings.ts";

export interface WhichSeries {
  readonly series: readonly Series[];
  /** Those of them that are only read in case they were used before CloudWatch forgot to list them. */
  readonly dormant: ReadonlySet<string>;
  /** Listed, and of which model only a catalogue that can be read could tell. */
  readonly unresolved: readonly ListedSeries[];
}

/** Every catalogued spelling of the models that are named, and every series listed of those and of what patterns name. */
export function whichSeries(
  patterns: readonly Pattern[],
  listed: readonly ListedSeries[],
  spellings: Spellings,
  /** Whether patterns with `*` are also to be looked for under every spelling in the catalogue. */
  dormantToo: boolean,
): WhichSeries {
  const named = patterns.filter((pattern) => !pattern.includes("*"));
  const models = new Set([...named, ...[...(spellings.catalogues?.values() ?? [])].flatMap((one) => [...one.models])]);
  const onMantle = mantleModels(models);
  const found = new Map<string, Series>();
  const unresolved: ListedSeries[] = [];
  const dormant = new Set<string>();
  const add = (series: Series) => found.set(seriesKey(series), series);

  for (const region of spellings.regions) {
    for (const model of named) for (const series of spelled(model, region, spellings, onMantle)) add(series);
  }
  for (const one of listed) {
    const model = one.road === "mantle" ? onMantle.get(one.id) : resolveRuntime(one.id, spellings);
    if (model === undefined && !spellings.current) unresolved.push(one);
    // With a readable catalogue, what it does not know stands for itself: an operator sees it, and `*` counts it.
    else if (matchesAny(patterns, model ?? one.id)) add({ ...one, model: model ?? one.id });
  }
  if (dormantToo) {
    const wild = [...models].filter((model) => matchesAny(patterns, model));
    for (const series of spellings.regions.flatMap((r) => wild.flatMap((m) => spelled(m, r, spellings, onMantle)))) {
      if (found.has(seriesKey(series))) continue;
      dormant.add(seriesKey(series));
      add(series);
    }
  }
  return { series: [...found.values()], dormant, unresolved };
}

/**
 * Listed ids of which nothing tells the model: what an application profile stands for is in no id, and Bedrock
 * forgets it when the profile is deleted, while CloudWatch goes on showing its calls. What some process saw is
 * remembered; an id that none ever saw is a model of its own, which `*` and its own name count (ADR 0007).
 */
export const orphansOf = (listed: readonly ListedSeries[], spellings: Spellings): readonly ListedSeries[] =>
  spellings.current
    ? listed.filter(({ road, id }) => road === "runtime" && resolveRuntime(id, spellings) === undefined)
    : [];

/** Several models can have one id on mantle, which knows no dates; its calls are then the newest one's, and only that one's. */
function mantleModels(models: ReadonlySet<ModelId>): ReadonlyMap<string, ModelId> {
  const byId = new Map<string, ModelId>();
  for (const model of [...models].sort()) for (const id of mantleIds(model)) byId.set(id, model);
  return byId;
}

function resolveRuntime(id: string, { aliases }: Spellings): ModelId | undefined {
  const catalogue: Catalogue = { models: [], aliases, otherArns: new Map() };
  const model = resolveModel(id, catalogue);
  // `3k9x1` has the form of an application profile's id. Models are called by their provider: `amazon.nova-pro-v1:0`.
  return model !== undefined && /[./]/.test(model) ? model : undefined;
}

function spelled(
  model: ModelId,
  region: string,
  { catalogues, aliases }: Spellings,
  onMantle: ReadonlyMap<string, ModelId>,
): readonly Series[] {
  const here = catalogues?.get(region);
  const profiles = here?.profiles.filter((id) => (aliases.get(id) ?? modelOf(id)) === model) ?? [];
  const offered =
    here?.models.has(model) ||
    profiles.length > 0 ||
    // Withdrawn everywhere, it may have been called before; and without a catalogue it may be anywhere.
    ![...(catalogues?.values() ?? [])].some(({ models }) => models.has(model));
  const bare = offered && !isOwn(model);
  const ids = [...(bare ? [model] : []), ...profiles];
  if (catalogues === undefined) ids.push(...PROFILE_PREFIXES.map((prefix) => `${prefix}.${model}`));
  for (const [arn, aliased] of here?.aliases ?? []) if (aliased === model) ids.push(...measuredAs(arn));
  const mantle = bare ? mantleIds(model).filter((id) => onMantle.get(id) === model) : [];
  return [
    ...[...new Set(ids)].map((id): Series => ({ region, road: "runtime", id, model })),
    ...mantle.map((id): Series => ({ region, road: "mantle", id, model })),
  ];
}

/** `imported-model/abc`: not called by this name. */
const isOwn = (model: ModelId): boolean => model.includes("/");

function modelOf(id: string): ModelId | undefined {
  const parsed = parseSpelling(id);
  return parsed.kind === "model" ? parsed.model : undefined;
}

/** Under which values of ModelId calls to an ARN are filed. Anything else is read as soon as it is listed. */
function measuredAs(arn: string): readonly string[] {
  const [, type, id] = /^arn:[^/]*:([a-z-]+)\/(.+)$/.exec(arn) ?? [];
  if (type === undefined || id === undefined) return [];
  if (type.endsWith("inference-profile")) return [id];
  // Of provisioned and imported models it is not documented.
  return type === "custom-model-deployment" ? [arn] : [arn, id];
}
