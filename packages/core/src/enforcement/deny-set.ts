import type { ModelId } from "../model/model-id.ts";
import { covers, matches, matchesAny, normalPattern, overlaps, type Pattern } from "../model/pattern.ts";

/**
 * The models one principal is denied: canonical ids and patterns, sorted, exceptions already
 * expanded, and nothing that another member covers. Equal sets are equal lists.
 */
export type DenySet = readonly Pattern[];

/** A text that is the same for equal sets and no others. */
export const denySetKey = (set: DenySet): string => set.join(" ");

/** Brings patterns into the form of a deny set. */
export function denySet(patterns: Iterable<Pattern>): DenySet {
  const distinct = [...new Set([...patterns].map(normalPattern))].sort();
  const wide = distinct.filter((pattern) => pattern.includes("*"));
  return distinct.filter((one) => !wide.some((other) => other !== one && covers(other, one)));
}

/** Says whether a set denies a model, or everything a pattern stands for. */
export function denies(set: DenySet, pattern: Pattern): boolean {
  return set.some((member) => covers(member, pattern));
}

/**
 * What is left of patterns when others are taken out.
 *
 * A pattern that no exception touches stays as it is, and so goes on covering models that do not
 * exist yet. Any other is replaced by the known models it stands for.
 *
 * @param known every model known.
 */
export function without(
  patterns: readonly Pattern[],
  except: readonly Pattern[],
  known: readonly ModelId[],
): readonly Pattern[] {
  if (except.length === 0) return patterns;
  const left: Pattern[] = [];
  for (const pattern of patterns) {
    const touching = except.filter((exception) => overlaps(exception, pattern));
    if (touching.length === 0) left.push(pattern);
    else if (!touching.some((exception) => covers(exception, pattern)))
      left.push(...known.filter((model) => matches(pattern, model) && !matchesAny(touching, model)));
  }
  return left;
}

/** The part of a set that some of the patterns stand for too; what only overlaps is taken model by model. */
export function common(set: DenySet, patterns: readonly Pattern[], known: readonly ModelId[]): readonly Pattern[] {
  const shared: Pattern[] = [];
  for (const member of set) {
    for (const pattern of patterns) {
      if (covers(pattern, member)) shared.push(member);
      else if (covers(member, pattern)) shared.push(pattern);
      else if (overlaps(member, pattern)) {
        shared.push(...known.filter((model) => matches(member, model) && matches(pattern, model)));
      }
    }
  }
  return shared;
}
