import { createSeenRequests } from "@bedrock-governor/core/metering/seen-requests";
import fc from "fast-check";
import { expect, it } from "vitest";

it("a request id is new once, whatever the ids look like", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.uuid(), fc.string(), fc.constantFrom("", "a", "b", "ab", "ba"))), (ids) => {
      const seen = createSeenRequests();
      const known = new Set<string>();
      for (const id of ids) {
        expect(seen.add(id)).toBe(!known.has(id));
        known.add(id);
      }
      expect(seen.size).toBe(known.size);
    }),
  );
});

it("two hundred thousand ids that differ in a digit are all new once, also after it has grown", () => {
  const ids = Array.from({ length: 200_000 }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`);
  const seen = createSeenRequests();
  expect(ids.every((id) => seen.add(id))).toBe(true);
  expect(ids.some((id) => seen.add(id))).toBe(false);
  expect(seen.size).toBe(ids.length);
});
