import { readJson } from "../limit/read-json.ts";

/**
 * What differs between two JSON objects, key by key: "threshold from 100 to 150, steps changed, owner removed".
 * Undefined where one of them is no object, or nothing differs but how it is written.
 */
export function differences(before: string, after: string): string | undefined {
  const [old, now] = [entriesOf(before), entriesOf(after)];
  if (old === undefined || now === undefined) return undefined;
  const keys = [...new Set([...now.keys(), ...old.keys()])];
  const told = keys.flatMap((key) => difference(key, old.get(key), now.get(key)) ?? []);
  return told.length === 0 ? undefined : told.join(", ");
}

/** Values that can be read in a sentence; a whole limit cannot. */
export const isShort = (value: string): boolean => /^[\w."/:+*-]{1,60}$/.test(value);

function entriesOf(text: string): ReadonlyMap<string, unknown> | undefined {
  const { value } = readJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}

function difference(key: string, before: unknown, after: unknown): string | undefined {
  const [old, now] = [JSON.stringify(before), JSON.stringify(after)];
  if (old === now) return undefined;
  if (now === undefined) return `${key} removed`;
  if (old === undefined) return isShort(now) ? `${key} set to ${now}` : `${key} added`;
  return isShort(old) && isShort(now) ? `${key} from ${old} to ${now}` : `${key} changed`;
}
