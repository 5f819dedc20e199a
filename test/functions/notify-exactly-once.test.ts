import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { createSnsChannel } from "@bedrock-governor/functions/channel-topics";
import type { NoticeChannel, Outcome } from "@bedrock-governor/functions/notice-channel";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Call } from "../aws/dynamodb/fake-dynamodb.ts";
import { denied } from "../notices/denied.ts";
import { idsIn, MINUTE, type NotifyScene, notifyScene, SECOND, T0 } from "./notify-setup.ts";
import { captureOutput } from "./output.ts";

captureOutput();

/**
 * What may befall a request or a message: a failure before it has an effect; an answer of the table that is lost;
 * a channel that is busy; the end of the process before it or after it; or that the process stands still for
 * longer than it may hold a channel.
 */
const passing = ["refused", "lost", "busy"] as const;
const deadly = [...passing, "killed before", "killed after", "stalls"] as const;
type Fate = (typeof deadly)[number];
/** By which of a process's requests and messages it befalls, counted together. */
type Fates = ReadonlyMap<number, Fate>;

const bursts = fc.array(
  fc.record({
    /** Of events, so many seconds after the begin, which happened so many seconds before. */
    count: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 9, max: 60 })),
    after: fc.nat({ max: 300 }),
    late: fc.nat({ max: 240 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const wakes = (fates: readonly Fate[]) =>
  fc.array(
    fc.record({
      after: fc.nat({ max: 320 }),
      fates: fc
        .array(fc.tuple(fc.oneof(fc.nat({ max: 25 }), fc.nat({ max: 120 })), fc.constantFrom(...fates)), {
          maxLength: 6,
        })
        .map((some): Fates => new Map(some)),
    }),
    { minLength: 1, maxLength: 12 },
  );

/** Messages that people got, each the events that it told of. */
interface Delivered {
  readonly slack: (readonly string[])[];
  readonly sns: (readonly string[])[];
}
/** Ids of events that no channel ever takes. */
type Spoilt = ReadonlySet<string>;

/** A notifier's process, and whether it was killed. */
function process(scene: NotifyScene, fates: Fates, delivered: Delivered, spoilt: Spoilt) {
  let count = 0;
  const { clock } = scene;
  const gone = Promise.withResolvers<void>();
  /** Where a message went out and is not noted yet. */
  const underWay = new Set<keyof Delivered>();
  let alive = true;
  let cut = 0;
  const never = () => new Promise<never>(() => {});
  const end = () => {
    alive = false;
    cut++;
    gone.resolve();
    return never();
  };
  const next = (): Fate | undefined => (alive ? fates.get(count++) : "killed before");

  /** What befalls something that has an effect; busy only where that can be. */
  async function befalls(effect: () => void, fate: Fate | undefined, mayBeLost: boolean): Promise<void> {
    if (!alive || fate === "killed before") return end();
    if (fate === "refused") throw new Error("out of order");
    if (fate === "stalls") await clock.sleep(90 * SECOND);
    if (!alive) return never();
    effect();
    if (fate === "killed after") return end();
    if (fate === "lost" && mayBeLost) throw new Error("the answer is lost");
  }

  async function deliver(to: keyof Delivered, ids: readonly string[]): Promise<Outcome> {
    const fate = next();
    if (ids.some((id) => spoilt.has(id))) throw new Error("this message never works");
    if (fate === "busy") return { status: "busy", retryAfterMs: 5 * SECOND };
    underWay.add(to);
    if (fate === "stalls") cut++;
    await befalls(() => delivered[to].push(ids), fate, false);
    return { status: "sent" };
  }
  const slack: NoticeChannel = {
    name: "slack",
    apartMs: SECOND,
    listener: async () => ({ mark: "slack" }),
    letters(events) {
      const size = Math.ceil(events.length / 3);
      const parts = [0, 1, 2].map((part) => events.slice(part * size, (part + 1) * size));
      return parts
        .filter((part) => part.length > 0)
        .map((part) => ({ events: part, send: () => deliver("slack", part.map(idOf)) }));
    },
  };
  const sns = createSnsChannel({
    async publish({ message }) {
      const outcome = await deliver("sns", idsIn(message));
      if (outcome.status !== "sent") throw new Error("throttled");
      return outcome;
    },
  });
  const fateOf = new WeakMap<Call, Fate>();
  const handler = scene.notifier({
    channels: [slack, sns],
    wait: async (ms) => {
      await clock.sleep(ms);
      if (!alive) await never();
    },
    around: {
      before: async (call) => {
        const fate = next();
        if (fate !== undefined) fateOf.set(call, fate);
        if (fate === "stalls" && underWay.size > 0) cut++;
        if (fate !== "lost" && fate !== "killed after") await befalls(() => {}, fate, false);
      },
      after: async (call) => {
        if (!alive) return never();
        const fate = fateOf.get(call);
        for (const channel of underWay) if (isNoteOf(channel, call)) underWay.delete(channel);
        if (fate === "lost" || fate === "killed after") await befalls(() => {}, fate, true);
      },
    },
  });
  return {
    /** Resolves when it ended, whichever way. */
    run: () =>
      Promise.race([
        handler().then(
          () => undefined,
          () => undefined,
        ),
        gone.promise,
      ]),
    /** How often a message may have been in doubt. */
    cut: () => cut,
  };
}

const isNoteOf = (channel: string, { operation, input }: Call): boolean =>
  operation === "UpdateItem" && JSON.stringify(input).includes(`"notices#${channel}"`);

const idOf = ({ id }: GovernorEvent): string => id;

interface Happening {
  readonly after: number;
}

async function play(
  events: readonly (Happening & { readonly count: number; readonly late: number })[],
  woken: readonly (Happening & { readonly fates: Fates })[],
  spoils: readonly number[] = [],
) {
  const scene = notifyScene();
  const { clock } = scene;
  const delivered: Delivered = { slack: [], sns: [] };
  const all: GovernorEvent[] = [];
  const spoilt = new Set<string>();
  // Every channel is known before anything happens.
  clock.start(T0, process(scene, new Map(), delivered, spoilt).run);
  await clock.runUntil(T0 + 5 * MINUTE);
  const begin = clock.now();
  for (const { after, count, late } of events) {
    const at = begin + after * SECOND;
    const some = Array.from({ length: count }, (_, n) => ({
      ...denied(all.length + n, at - late * SECOND),
      // In a digest, three messages for machines.
      limit: `limit-${n % 3}`,
    }));
    all.push(...some);
    clock.start(at, () => scene.happened(...some));
  }
  for (const n of spoils) {
    const event = all[n % all.length];
    if (event !== undefined) spoilt.add(event.id);
  }
  const processes = woken.map(({ after, fates }) => {
    const one = process(scene, fates, delivered, spoilt);
    clock.start(begin + after * SECOND, one.run);
    return one;
  });
  const last = Math.max(10 * MINUTE, ...woken.map(({ after }) => after * SECOND + 5 * MINUTE));
  await clock.runUntil(begin + last);
  // The schedule's wakes, when nothing goes wrong any more.
  for (let n = 0; n < (spoilt.size === 0 ? 3 : 60); n++) {
    clock.start(clock.now(), process(scene, new Map(), delivered, spoilt).run);
    await clock.runUntil(clock.now() + 5 * MINUTE);
  }
  const ids = all.map(idOf).toSorted();
  return {
    all: ids.filter((id) => !spoilt.has(id)),
    delivered,
    cut: processes.reduce((sum, one) => sum + one.cut(), 0),
  };
}

const runs = { numRuns: 60 };

function expectOnceUnlessInDoubt(all: readonly string[], delivered: Delivered, cut: number): void {
  for (const messages of Object.values(delivered) as Delivered["slack"][]) {
    const seen = new Set<string>();
    let again = 0;
    for (const ids of messages) {
      const known = ids.filter((id) => seen.has(id));
      if (known.length > 0) again++;
      expect([0, ids.length]).toContain(known.length);
      for (const id of ids) seen.add(id);
    }
    expect([...seen].toSorted()).toEqual(all);
    expect(again).toBeLessThanOrEqual(cut);
  }
}

it("tells each event once on each channel, whoever is woken when and whatever fails for a while", async () => {
  await fc.assert(
    fc.asyncProperty(bursts, wakes(passing), async (events, woken) => {
      const { all, delivered } = await play(events, woken);
      expect(delivered.slack.flat().toSorted()).toEqual(all);
      expect(delivered.sns.flat().toSorted()).toEqual(all);
    }),
    runs,
  );
}, 120_000);

it("loses nothing when notifiers are killed or stand still, and sends again only what was under way", async () => {
  await fc.assert(
    fc.asyncProperty(bursts, wakes(deadly), async (events, woken) => {
      const { all, delivered, cut } = await play(events, woken);
      expectOnceUnlessInDoubt(all, delivered, cut);
    }),
    runs,
  );
}, 120_000);

it("tells everything else once where some events can never be told, and breaks up what they are in", async () => {
  const later = wakes(deadly).map((some) => some.map(({ after, fates }) => ({ after: after * 15, fates })));
  const some = fc.array(fc.nat({ max: 80 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(bursts, later, some, async (events, woken, spoils) => {
      const { all, delivered, cut } = await play(events, woken, spoils);
      expectOnceUnlessInDoubt(all, delivered, cut);
    }),
    { numRuns: 25 },
  );
}, 120_000);
