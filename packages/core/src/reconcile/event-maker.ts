import { createHash } from "node:crypto";
import type { Cause } from "../enforcement/cause.ts";
import type { Limit } from "../limit/limit.ts";
import type { EpochMs, Span } from "../period/period.ts";
import { explain } from "../words/explain.ts";
import type { EventType, GovernorEvent } from "./event.ts";
import type { Deployment } from "./reconcile.ts";

export type EventFields = Omit<GovernorEvent, "id" | "type" | "version" | "time" | "stage" | "account">;
export type MakeEvent = (type: EventType, fields: EventFields) => GovernorEvent;

/** Makes events whose id says what happened to whom and when. */
export function eventMaker({ stage, account }: Deployment, now: EpochMs): MakeEvent {
  return (type, fields) => {
    const about = JSON.stringify([type, now, stage, account, fields]);
    const id = createHash("sha256").update(about).digest("hex").slice(0, 32);
    return { id, type, version: 1, time: now, stage, account, ...fields };
  };
}

/** What an event says of a limit, wherever its usage is. */
export const aboutLimit = (limit: Limit): Omit<EventFields, "reason"> => ({
  limit: limit.name,
  ...(limit.owner !== undefined && { owner: limit.owner }),
  measure: limit.measure,
  source: limit.source,
  steps: limit.steps.map(({ at, deny }) => ({ at, denies: deny !== undefined })),
});

/** What an event says of a limit and where its usage is. */
export function limitFields(
  limit: Limit,
  at: { readonly usage: number; readonly threshold: number; readonly span: Span; readonly step?: number },
): Omit<EventFields, "reason"> {
  return {
    ...aboutLimit(limit),
    usage: at.usage,
    threshold: at.threshold,
    period: { ...at.span, timeZone: limit.period.kind === "calendar" ? limit.period.timeZone : "UTC" },
    ...(at.step !== undefined && { step: at.step }),
  };
}

/**
 * What an event says of the cause of a deny.
 *
 * @param would whether it is one of mode observe.
 */
export function causeFields(cause: Cause | undefined, now: EpochMs, would = false): EventFields {
  if (cause === undefined) return { reason: "denied by a policy that the governor did not attach" };
  const { reason, ends } = explain(cause, now, "UTC", would);
  if (cause.kind === "limit") return { ...limitFields(cause.limit, cause), reason, ends };
  if (cause.kind === "held") return { ...aboutLimit(cause.limit), reason, ends };
  return { reason, ends };
}

/** Names what caused a deny, for the journal. */
export const causeName = (cause: Cause): string =>
  cause.kind === "manual" ? `denies/${cause.deny.name}` : `limits/${cause.limit.name}`;
