/** What woke a function, for its log. */
export interface Signal {
  readonly source: string;
  readonly detailType?: string;
  readonly id?: string;
  readonly alarm?: string;
  readonly parameter?: string;
}

/** By detail type, where the name of what changed stands in the detail. */
const NAMED: Readonly<Record<string, { readonly as: "alarm" | "parameter"; readonly key: string }>> = {
  "CloudWatch Alarm State Change": { as: "alarm", key: "alarmName" },
  "Parameter Store Change": { as: "parameter", key: "name" },
};
/** AWS names nothing of these at more length. */
const MOST_CHARACTERS = 1_024;

/** Reads who woke us and nothing else: what an event says of usage or values is never looked at. */
export function signalOf(event: unknown): Signal {
  const detailType = textAt(event, "detail-type");
  const id = textAt(event, "id");
  const named = NAMED[detailType ?? ""];
  const name = named && textAt(fieldOf(event, "detail"), named.key);
  return {
    source: textAt(event, "source") ?? "unknown",
    ...(detailType !== undefined && { detailType }),
    ...(id !== undefined && { id }),
    ...(named !== undefined && name !== undefined && { [named.as]: name }),
  };
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;

function textAt(value: unknown, key: string): string | undefined {
  const text = fieldOf(value, key);
  return typeof text === "string" ? text.slice(0, MOST_CHARACTERS) : undefined;
}
