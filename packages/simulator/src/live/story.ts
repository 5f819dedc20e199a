import { TRACE_START } from "../trace/request.ts";
import type { Live } from "./live.ts";

/** Monday, 14:00 on the company's clock. */
const AFTER_LUNCH = TRACE_START + 13 * 3_600_000;
const LIMIT = "daily-spend";
const RAISED = "150";

/**
 * What people do on the generator's Monday: an admin gives everyone more for the day. It lifts at once,
 * and as the agent is still looping it is not for long.
 */
export function tellStory({ clock, account: { parameters } }: Pick<Live, "clock" | "account">): void {
  clock.at(AFTER_LUNCH, () => {
    const limit = parameters.settings().limits.find(({ name }) => name === LIMIT);
    // Somebody who watches was faster.
    if (limit?.bounds === undefined || limit.threshold !== 100) return;
    parameters.put(`limits/${LIMIT}/threshold`, RAISED, "user/mia");
  });
}
