import type { EventType, GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { type Look, lookOf, SEVERITIES } from "./look.ts";
import { readable } from "./readable.ts";

/** Events that say the same of several principals. Every text is readable, none is escaped or cut. */
export interface DigestGroup {
  readonly type: EventType;
  readonly look: Look;
  readonly events: readonly GovernorEvent[];
  /** How many events. */
  readonly count: number;
  readonly limit?: string;
  readonly models: readonly string[];
  /** Why, and what ends it: of all of them, or of the first. */
  readonly reason: string;
  readonly isSame: boolean;
  /** Each once, in the order they were told. */
  readonly principals: readonly string[];
}

/** Groups by type, limit, models and reason, the most severe and largest first. Their counts add up to all events. */
export function digestGroups(events: readonly GovernorEvent[]): readonly DigestGroup[] {
  const groups = Map.groupBy(events, groupKey);
  return [...groups.values()].flatMap((same) => group(same)).sort(byWeight);
}

/** Reasons differ in their figures from one principal to the next. */
function groupKey({ type, limit, models = [], principal, reason }: GovernorEvent): string {
  const alike =
    principal === undefined ? reason : reason.replaceAll(principal, "").replace(/[\d.,]+( [KMBT]\b)?/g, "#");
  return JSON.stringify([type, limit, models, principal === undefined, alike]);
}

function group(same: readonly GovernorEvent[]): readonly DigestGroup[] {
  const [first] = same;
  if (first === undefined) return [];
  const { type, limit, models = [] } = first;
  const reasons = new Set(same.map(({ reason, ends }) => [reason, ends].filter(Boolean).join("; ")));
  return [
    {
      type,
      look: lookOf(type),
      events: same,
      count: same.length,
      ...(limit !== undefined && { limit: readable(limit) }),
      models: models.map(readable).filter((model) => model !== ""),
      reason: readable([...reasons][0] ?? ""),
      isSame: reasons.size === 1,
      principals: [...new Set(same.flatMap(({ principal }) => (principal === undefined ? [] : [readable(principal)])))],
    },
  ];
}

const byWeight = (a: DigestGroup, b: DigestGroup): number =>
  SEVERITIES.indexOf(a.look.severity) - SEVERITIES.indexOf(b.look.severity) || b.count - a.count;

/** "214 Denied, 100 Lifted" */
export function countsByType(groups: readonly { readonly look: Look; readonly count: number }[]): readonly string[] {
  const counts = new Map<Look, number>();
  for (const { look, count } of groups) counts.set(look, (counts.get(look) ?? 0) + count);
  return [...counts].map(([{ emoji, title }, count]) => `${emoji} ${count} × ${title}`);
}

/** Where each event stands whole. */
export const whereWhole = (stage: string): string =>
  `every one of them whole: log group /bedrock-governor/${readable(stage)}/events, and the SNS messages`;
