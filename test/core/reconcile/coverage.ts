import * as sets from "@bedrock-governor/core/enforcement/deny-set";
import * as patterns from "@bedrock-governor/core/model/pattern";

export const denies = (set: readonly string[] | undefined, model: string): boolean =>
  set !== undefined && sets.denies(set, model);

export const overlaps = (set: readonly string[] | undefined, model: string): boolean =>
  set?.some((member) => patterns.overlaps(member, model)) ?? false;
