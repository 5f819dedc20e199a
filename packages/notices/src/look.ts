import type { EventType } from "@bedrock-governor/core/reconcile/event";

/** `high`: somebody is cut off, or what should happen does not. `medium`: somebody should look. `low`: to know. */
export type Severity = "low" | "medium" | "high";

/** How a type of event is told from the others at a glance. */
export interface Look {
  readonly emoji: string;
  /** One or two words that can follow a count: "3 × Denied". */
  readonly title: string;
  readonly severity: Severity;
  /** What the event's `ends` is to the reader. */
  readonly ends: "Until" | "What to do" | "This means";
}

const look = (emoji: string, title: string, severity: Severity, ends: Look["ends"] = "Until"): Look => ({
  emoji,
  title,
  severity,
  ends,
});

export const LOOKS: Readonly<Record<EventType, Look>> = {
  "Limit Warned": look("⚠️", "Warned", "medium"),
  "Access Denied": look("⛔", "Denied", "high"),
  "Access Lifted": look("✅", "Lifted", "low"),
  "Would Deny": look("👀", "Would deny", "low"),
  "Would Lift": look("👀", "Would lift", "low"),
  "Plan Held": look("✋", "Plan held", "high", "What to do"),
  "Enforcement Failed": look("🚨", "Failed", "high", "What to do"),
  "Enforcement Recovered": look("🔧", "Recovered", "low"),
  "Attachment Contested": look("⚔️", "Contested", "high", "What to do"),
  "Limit Changed": look("📝", "Changed", "low", "This means"),
  "Limit Invalid": look("❌", "Not valid", "high", "What to do"),
  "Mode Changed": look("🎚️", "Mode changed", "medium", "This means"),
  "Exemption Granted": look("🎫", "Exempted", "low"),
  "Exemption Expired": look("⌛", "Exemption ended", "low", "This means"),
  "Usage Unknown": look("❓", "Usage unknown", "medium"),
  "Metering Drift": look("📏", "Metering drift", "medium", "This means"),
};

/** Of a type that another version wrote. */
const UNKNOWN = look("❔", "Not known to this version", "medium", "What to do");

/** Whether this version knows the type: the journal may hold what another wrote. */
export const isKnownType = (type: string): boolean => Object.hasOwn(LOOKS, type);

export const lookOf = (type: EventType): Look => (isKnownType(type) ? LOOKS[type] : UNKNOWN);

/** The first is told first. */
export const SEVERITIES: readonly Severity[] = ["high", "medium", "low"];
