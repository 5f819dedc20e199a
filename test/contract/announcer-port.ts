import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { AnnouncerPort } from "@bedrock-governor/core/reconcile/ports";
import { describe, expect, it } from "vitest";

export interface AnnouncerSubject {
  readonly port: AnnouncerPort;
  /** Ids of what reached the bus, in any order. */
  received(): Promise<readonly string[]>;
}

const event = (id: string): GovernorEvent => ({
  id,
  type: "Limit Warned",
  version: 1,
  time: Date.UTC(2026, 0, 5),
  stage: "contract",
  account: "123456789012",
  reason: "80 of 100 tokens today for role/batch",
});

/** What `AnnouncerPort` promises, whoever stands behind it. */
export function describeAnnouncerPort(name: string, makeSubject: () => Promise<AnnouncerSubject>): void {
  describe(`announcing, by ${name}`, () => {
    it("says which events the bus took", async () => {
      const { port, received } = await makeSubject();
      expect(await port.announce([])).toEqual(new Set());
      expect(await port.announce([event("one"), event("two")])).toEqual(new Set(["one", "two"]));
      expect((await received()).toSorted()).toEqual(["one", "two"]);
    });

    it("takes more events at once than a bus takes in one call", async () => {
      const { port, received } = await makeSubject();
      const events = Array.from({ length: 35 }, (_, number) => event(`event-${number}`));
      expect((await port.announce(events)).size).toBe(35);
      expect(await received()).toHaveLength(35);
    });
  });
}
