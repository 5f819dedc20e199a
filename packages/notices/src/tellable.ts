import type { EventType, GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { digestGroups } from "./digest.ts";
import { eventJson } from "./event-json.ts";
import { notice } from "./notice.ts";

const UNREAD = "not all of this event can be shown by this version; the journal has it whole";

/**
 * The event, if every channel can put it into words; else what is left of it when every field is left out that might
 * be in the way. The journal may hold what another version wrote, as after a rollback, and no event may hold up those behind it.
 */
export function tellable(event: GovernorEvent): GovernorEvent {
  if (!hasItsTexts(event)) return plain(event);
  try {
    notice(event);
    eventJson(event, 0);
    digestGroups([event]);
    return event;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return plain(event);
    throw error;
  }
}

function hasItsTexts({ type, stage, account, reason, limit, owner, principal, ends }: GovernorEvent): boolean {
  const optional = [limit, owner, principal, ends].filter((text) => text !== undefined);
  return [type, stage, account, reason, ...optional].every(isText);
}

function plain({ id, type, time, stage, account, limit, principal, reason }: GovernorEvent): GovernorEvent {
  return {
    id,
    // Not of this version's types: it is shown as one that is not known.
    type: isText(type) ? type : ("unknown" as EventType),
    version: 1,
    time,
    stage: isText(stage) ? stage : "unknown",
    account: isText(account) ? account : "unknown",
    ...(isText(limit) && { limit }),
    ...(isText(principal) && { principal }),
    reason: isText(reason) ? `${reason} (${UNREAD})` : UNREAD,
  };
}

const isText = (value: unknown): boolean => typeof value === "string";
