import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { AnnouncerPort } from "@bedrock-governor/core/reconcile/ports";

/** The event bus, which remembers what it took. */
export interface Bus {
  readonly port: AnnouncerPort;
  /** Oldest first; an event that is sent twice stands here twice. */
  readonly events: readonly GovernorEvent[];
  /** While it is down it takes nothing. */
  setDown(down: boolean): void;
}

export function createBus(): Bus {
  const events: GovernorEvent[] = [];
  let isDown = false;
  return {
    events,
    setDown(down) {
      isDown = down;
    },
    port: {
      async announce(announced) {
        if (isDown) return new Set();
        events.push(...announced);
        return new Set(announced.map(({ id }) => id));
      },
    },
  };
}
