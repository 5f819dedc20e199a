/**
 * Whether EventBridge lets an event through a rule's pattern. As much of it as the stage uses: values, `prefix`,
 * `$or`, and arrays, of which one element has to match.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function matches(pattern: Fields, event: unknown): boolean {
  if (Array.isArray(event)) return event.some((element) => matches(pattern, element));
  if (!isFields(event)) return false;
  return Object.entries(pattern).every(([key, wanted]) => {
    if (key === "$or") return alternatives(wanted).some((one) => matches(one, event));
    if (Array.isArray(wanted)) return wanted.some((one) => isValue(one, event[key]));
    return isFields(wanted) && matches(wanted, event[key]);
  });
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function alternatives(value: unknown): readonly Fields[] {
  if (!Array.isArray(value) || !value.every(isFields)) throw new Error("$or takes a list of patterns");
  return value;
}

function isValue(wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(actual)) return actual.some((element) => isValue(wanted, element));
  if (!isFields(wanted)) return wanted === actual;
  const { prefix, ...unknown } = wanted;
  if (typeof prefix !== "string" || Object.keys(unknown).length > 0) {
    throw new Error(`not known here: ${JSON.stringify(wanted)}`);
  }
  return typeof actual === "string" && actual.startsWith(prefix);
}
