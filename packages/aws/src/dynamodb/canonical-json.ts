/**
 * JSON in which equal values have equal texts: the keys of objects are sorted, and what is undefined
 * is left out. So "is still exactly that" is a comparison of two strings, which DynamoDB can do.
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, sortKeys);

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
