import type { Limit, Step } from "../limit/limit.ts";
import type { Exemption } from "../limit/settings.ts";
import type { ModelId } from "../model/model-id.ts";
import type { Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import { isMember } from "../policy/deny-document.ts";
import type { Principal } from "../principal/principal.ts";
import { selectsAny } from "../principal/selector.ts";
import type { Key } from "../reconcile/journal.ts";
import { without } from "./deny-set.ts";
import { stepAmount } from "./standing.ts";

/**
 * Models that a step denies for a key, exceptions taken out. None for a key whose model no deny can
 * name, such as the ARN or the bare id of a profile that no catalogue resolved: a model's id has its vendor in it.
 */
export function stepPatterns(limit: Limit, step: Step, key: Key, known: readonly ModelId[]): readonly Pattern[] {
  if (step.deny === undefined || !canBeNamed(key)) return [];
  if (step.deny !== "counted") return without(step.deny, step.except, known);
  return without(key.model === undefined ? limit.models : [key.model], step.except, known);
}

/** Says whether a deny can name the key's model. */
export const canBeNamed = ({ model }: Key): boolean =>
  model === undefined || (isMember(model) && !/^arn:|\*/.test(model) && /[./]/.test(model));

/** The exemptions of a limit that are in force now. */
export function exemptionsOf(exemptions: readonly Exemption[], limit: string, now: EpochMs): readonly Exemption[] {
  return exemptions.filter(
    ({ limits, from, until }) =>
      (limits === undefined || limits.includes(limit)) && (from === undefined || from <= now) && now < until,
  );
}

/**
 * Models a principal may use in spite of a limit: a list of patterns, or `all`. An exemption up to a
 * share of the threshold needs evidence that usage is below it, so unknown usage (NaN) ends it too.
 */
export function exemptModels(
  exemptions: readonly Exemption[],
  principal: Principal,
  usage: number,
  threshold: number,
): readonly Pattern[] | "all" {
  const models: Pattern[] = [];
  for (const exemption of exemptions) {
    if (!selectsAny(exemption.principals, principal)) continue;
    if (exemption.upTo !== undefined && !(usage < stepAmount(threshold, exemption.upTo))) continue;
    if (exemption.models === undefined) return "all";
    models.push(...exemption.models);
  }
  return models;
}
