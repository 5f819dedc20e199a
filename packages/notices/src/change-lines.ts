import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { cut, readable } from "./readable.ts";

const MOST_LINES = 15;
const MOST_PER_VALUE = 120;

/** What a person changed: a label, and a line for each thing that is different. */
export interface Changed {
  readonly label: string;
  readonly lines: readonly string[];
}

/** Of objects only what differs is told, so that a threshold can be found in a limit of fifty lines. */
export function changeLines(change: NonNullable<GovernorEvent["change"]>): Changed | undefined {
  const { old: before, new: after } = change;
  if (before === undefined && after === undefined) return undefined;
  const label = before === undefined ? "New value" : after === undefined ? "Value until now" : "Changed";
  const lines = label === "Changed" ? differences(before ?? "", after ?? "") : fields(before ?? after ?? "");
  const shown = lines.slice(0, MOST_LINES);
  const more = lines.length - shown.length;
  return { label, lines: more === 0 ? shown : [...shown, `and ${more} more`] };
}

type Fields = ReadonlyMap<string, string>;

function fields(value: string): readonly string[] {
  const object = objectOf(value);
  if (object === undefined || object.size === 0) return [shown(value)];
  return [...object].map(([name, text]) => `${shown(name)}: ${shown(text)}`);
}

function differences(before: string, after: string): readonly string[] {
  if (before === after) return ["the same value as before"];
  const [old, now] = [objectOf(before), objectOf(after)];
  if (old === undefined || now === undefined) return [`${shown(before)} → ${shown(after)}`];
  const names = [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name) !== now.get(name));
  if (names.length === 0) return ["written differently, with the same meaning"];
  return names.map(
    (name) => `${shown(name)}: ${shown(old.get(name) ?? "(none)")} → ${shown(now.get(name) ?? "(none)")}`,
  );
}

const shown = (text: string): string => cut(readable(text), MOST_PER_VALUE);

/** The fields of a JSON object, each as JSON; undefined if the text is not one. */
function objectOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value).map(([name, field]) => [name, JSON.stringify(field)]));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
