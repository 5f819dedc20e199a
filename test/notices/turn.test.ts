import type { EpochMs } from "@bedrock-governor/core/period/period";
import {
  failedAgain,
  nextTurn,
  type Pace,
  paceAfter,
  type Turn,
  UNHURRIED,
  type Untold,
} from "@bedrock-governor/notices/turn";
import { describe, expect, it } from "vitest";
import { denied } from "./denied.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 0, 5, 12);

/** So many events of one run, found at once. */
const some = (count: number, foundAt: EpochMs = T0, time = foundAt): readonly Untold[] =>
  Array.from({ length: count }, (_, n) => ({ event: denied(n, time), foundAt }));
const told = (...recent: readonly (readonly [at: EpochMs, changes: number])[]): Pace => ({
  notBefore: 0,
  recent: recent.map(([at, changes]) => ({ at, changes })),
});
const idsOf = (turn: Turn) => ("events" in turn ? turn.events.map(({ id }) => id) : []);

describe("the next turn on a channel", () => {
  it("is to rest when nothing is untold", () => {
    expect(nextTurn([], UNHURRIED, T0)).toEqual({ do: "rest" });
  });

  it("waits until no more has come for two seconds, as a run is still writing", () => {
    expect(nextTurn(some(1), UNHURRIED, T0)).toEqual({ do: "wait", until: T0 + 2 * SECOND });
    const more = [...some(1), ...some(3, T0 + SECOND)];
    expect(nextTurn(more, UNHURRIED, T0 + 2 * SECOND)).toEqual({ do: "wait", until: T0 + 3 * SECOND });
    expect(nextTurn(more, UNHURRIED, T0 + 3 * SECOND).do).toBe("tell");
  });

  it("waits for a run that does not end for half a minute, and no longer", () => {
    const untold = Array.from({ length: 31 }, (_, n) => some(1, T0 + n * SECOND)).flat();
    expect(nextTurn(untold, UNHURRIED, T0 + 30 * SECOND).do).toBe("tell");
  });

  it("tells up to ten changes one by one, the oldest first", () => {
    const untold = [...some(1, T0, T0 - SECOND), ...some(9)].toReversed();
    const turn = nextTurn(untold, UNHURRIED, T0 + MINUTE);
    expect(turn).toMatchObject({ do: "tell", digest: false });
    expect(idsOf(turn)).toEqual([denied(0, T0 - SECOND).id]);
  });

  it("tells more than ten together", () => {
    const turn = nextTurn(some(11), UNHURRIED, T0 + MINUTE);
    expect(turn).toMatchObject({ do: "tell", digest: true });
    expect(idsOf(turn)).toHaveLength(11);
  });

  it("counts what was told in the last minute, and nothing before that", () => {
    const now = T0 + HOUR;
    expect(nextTurn(some(4), told([now - 59 * SECOND, 7]), now)).toMatchObject({ digest: true });
    expect(nextTurn(some(4), told([now - 59 * SECOND, 6]), now)).toMatchObject({ digest: false });
    expect(nextTurn(some(4), told([now - MINUTE, 500]), now)).toMatchObject({ digest: false });
  });

  it("waits a minute after a digest when there would be another", () => {
    const pace = { ...told([T0, 40]), lastDigestAt: T0 };
    expect(nextTurn(some(1), pace, T0 + 10 * SECOND)).toEqual({ do: "wait", until: T0 + MINUTE });
    expect(nextTurn(some(1), pace, T0 + MINUTE)).toMatchObject({ digest: false });
    expect(nextTurn(some(11), pace, T0 + MINUTE)).toMatchObject({ digest: true });
  });

  it("waits for as long as the channel asked for", () => {
    const pace = { ...UNHURRIED, notBefore: T0 + 40 * SECOND };
    expect(nextTurn(some(1), pace, T0 + 5 * SECOND)).toEqual({ do: "wait", until: T0 + 40 * SECOND });
  });

  describe("with events that are aside", () => {
    const aside = (n: number, count: number, notBefore = 0): Untold => ({
      event: denied(n, T0 + n),
      foundAt: T0,
      aside: { count, notBefore },
    });
    const now = T0 + MINUTE;

    it("tells what is in line first", () => {
      const turn = nextTurn([aside(1, 0), { event: denied(2, T0 + 2), foundAt: T0 }], UNHURRIED, now);
      expect(idsOf(turn)).toEqual([denied(2, T0 + 2).id]);
    });

    it("tells them one by one, those that failed least first, and never together", () => {
      const some = [aside(1, 3), aside(2, 1), aside(3, 1), ...Array.from({ length: 20 }, (_, n) => aside(n + 4, 2))];
      const turn = nextTurn(some, UNHURRIED, now);
      expect([turn, idsOf(turn)]).toMatchObject([{ digest: false }, [denied(2, T0 + 2).id]]);
    });

    it("waits where ten were told in the last minute, and for one that failed of late", () => {
      expect(nextTurn([aside(1, 0)], told([T0 + SECOND, 10]), now)).toEqual({ do: "wait", until: now + SECOND });
      expect(nextTurn([aside(1, 1, now + HOUR)], UNHURRIED, now)).toEqual({ do: "wait", until: now + HOUR });
      expect(nextTurn([aside(1, 1, now + HOUR), aside(2, 9)], UNHURRIED, now).do).toBe("tell");
    });

    it("tries them less and less, and once an hour at least", () => {
      let failures = failedAgain(undefined, T0);
      const waits = [failures.notBefore - T0];
      for (let n = 0; n < 5; n++) {
        failures = failedAgain(failures, T0);
        waits.push(failures.notBefore - T0);
      }
      expect(waits.map((ms) => ms / MINUTE)).toEqual([5, 10, 20, 40, 60, 60]);
    });
  });

  it("is to give up what is older than a day, before it tells the rest", () => {
    const untold = [...some(2, T0, T0 - 24 * HOUR - 1), ...some(1, T0, T0 - 24 * HOUR)];
    const turn = nextTurn(untold, UNHURRIED, T0);
    expect([turn.do, idsOf(turn).length]).toEqual(["give up", 2]);
  });
});

it("sends at most ten messages of their own and one digest in any minute, whatever comes", () => {
  let pace = UNHURRIED;
  const turns: { readonly at: EpochMs; readonly digest: boolean; readonly changes: number }[] = [];
  let untold: readonly Untold[] = [];
  let n = 0;
  for (let now = T0; now < T0 + 20 * MINUTE; now += SECOND) {
    // Waves of changes, up to three a second, and then none.
    const come = Math.round(Math.max(0, 3 * Math.sin((now - T0) / (3 * MINUTE))));
    untold = [...untold, ...Array.from({ length: come }, () => ({ event: denied(n++, now), foundAt: now }))];
    const turn = nextTurn(untold, pace, now);
    if (turn.do !== "tell") continue;
    turns.push({ at: now, digest: turn.digest, changes: turn.events.length });
    pace = paceAfter(pace, turn, now);
    untold = untold.filter(({ event }) => !turn.events.includes(event));
  }
  expect(turns.reduce((sum, { changes }) => sum + changes, 0)).toBe(n - untold.length);
  for (const { at } of turns) {
    const within = turns.filter((turn) => turn.at > at - MINUTE && turn.at <= at);
    expect(within.filter(({ digest }) => digest).length).toBeLessThanOrEqual(1);
    expect(within.filter(({ digest }) => !digest).length).toBeLessThanOrEqual(10);
  }
  expect(pace.recent.length).toBeLessThanOrEqual(11);
});
