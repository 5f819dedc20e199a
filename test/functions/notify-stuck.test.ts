import { createSnsChannel } from "@bedrock-governor/functions/channel-topics";
import type { NoticeChannel } from "@bedrock-governor/functions/notice-channel";
import { describe, expect, it } from "vitest";
import { denied } from "../notices/denied.ts";
import { HOUR, MINUTE, type NotifyScene, notifyScene, SECOND, T0 } from "./notify-setup.ts";
import { captureOutput } from "./output.ts";

captureOutput();

const many = (count: number, time = T0) => Array.from({ length: count }, (_, n) => denied(n, time));
const idOf = ({ id }: { readonly id: string }) => id;
const fails = async () => {
  throw new Error("InternalError");
};

/** Wakes the notifier as the schedule does. */
async function wakesFor(scene: NotifyScene, ms: number, channels: readonly NoticeChannel[] = scene.channels) {
  for (const end = scene.clock.now() + ms; scene.clock.now() < end; ) {
    const next = scene.clock.now() + 5 * MINUTE;
    await scene.wake(scene.notifier({ channels })).catch(() => undefined);
    if (scene.clock.now() < next) await scene.pass(next - scene.clock.now());
  }
}

/** SNS fails with every message in which one of these is told of. */
function poison(scene: NotifyScene, ...roles: readonly string[]) {
  scene.topics.sns.befall = async ({ message }) =>
    roles.some((role) => message.includes(`"${role}"`)) ? fails() : undefined;
}

describe("an event that this version does not know all of", () => {
  it("is told as far as it can be on every channel, and holds up nobody", async () => {
    const scene = notifyScene();
    const unknown = { ...denied(1, T0), type: "Brand New" as never };
    const unread = { ...denied(2, T0 + 1), period: { start: 0, end: 1, timeZone: "Nowhere/X" } };
    const odd = { ...denied(3, T0 + 2), models: 5 as never, stage: undefined as never };
    await scene.happened(unknown, unread, odd, denied(4, T0 + 3));
    expect(await scene.wake()).toEqual([{ slack: "told", sns: "told", chat: "told" }]);
    expect(scene.rolesInSlack()).toEqual(["role/agent-1", "role/agent-2", "role/agent-3", "role/agent-4"]);
    expect(scene.tellsBySns()).toEqual([unknown, unread, odd, denied(4, T0 + 3)].map(idOf));
    expect(scene.topics.chat.published).toHaveLength(4);
    expect(JSON.stringify(scene.slack.shown[0])).toMatch(/Not known to this version: Brand New.*\$120 of \$100/);
    expect(JSON.stringify(scene.slack.shown[1])).toContain("the journal has it whole");
    expect(scene.undelivered).toEqual([]);
  });

  it("is counted in a digest like others", async () => {
    const scene = notifyScene();
    const odd = [
      { ...denied(20, T0), type: "__proto__" as never },
      { ...denied(21, T0), reason: undefined as never },
    ];
    await scene.happened(...many(12), ...odd);
    await scene.wake();
    expect(JSON.stringify(scene.slack.shown)).toContain("14 changes");
    expect(new Set(scene.tellsBySns()).size).toBe(14);
  });

  it("ends in the queue where a channel has no words for it at all, by itself", async () => {
    const scene = notifyScene();
    const sns = createSnsChannel(scene.topics.sns);
    const speechless: NoticeChannel = {
      ...sns,
      letters(events) {
        if (events.some(({ principal }) => principal === "role/agent-3")) throw new TypeError("no words");
        return sns.letters(events);
      },
    };
    await scene.happened(...many(12));
    await wakesFor(scene, 10 * MINUTE, [speechless]);
    expect(scene.undelivered).toMatchObject([{ channel: "sns", ids: [denied(3, T0).id] }]);
    expect(scene.undelivered[0]?.why).toBe("it cannot be put into words: TypeError");
    expect(scene.tellsBySns().toSorted()).toEqual(many(12).map(idOf).toSpliced(3, 1));
  });
});

describe("a message that fails again and again", () => {
  it("is set aside within half an hour, tried less and less, and given up after a day", async () => {
    const scene = notifyScene();
    poison(scene, "role/agent-1");
    await scene.happened(denied(1, T0), denied(2, T0 + SECOND));
    await wakesFor(scene, 30 * MINUTE);
    expect(scene.tellsBySns()).toEqual([denied(2, T0 + SECOND).id]);
    let attempts = 0;
    scene.topics.sns.befall = async () => {
      attempts++;
      return fails();
    };
    await wakesFor(scene, 23 * HOUR);
    expect(attempts).toBeGreaterThan(20);
    expect(attempts).toBeLessThan(30);
    expect(scene.undelivered).toEqual([]);
    await wakesFor(scene, HOUR);
    expect(scene.undelivered).toMatchObject([{ channel: "sns", ids: [denied(1, T0).id] }]);
  });

  it("does not hold up what happens later, and is told when it can be", async () => {
    const scene = notifyScene();
    poison(scene, "role/agent-1");
    await scene.happened(denied(1, T0));
    await wakesFor(scene, HOUR);
    await scene.happened(denied(2, scene.clock.now()));
    await scene.wake().catch(() => undefined);
    expect(scene.tellsBySns()).toHaveLength(1);
    scene.topics.sns.befall = undefined;
    await wakesFor(scene, HOUR);
    expect(scene.tellsBySns()).toContain(denied(1, T0).id);
    expect(scene.tellsBySns()).toHaveLength(2);
  });

  it("and is a digest is broken up: only the event that it fails for waits, and ends in the queue", async () => {
    const scene = notifyScene();
    // Three messages for machines, by limit: the first went out, and is not sent again.
    const events = many(30).map((event, n) => ({ ...event, limit: `limit-${n % 3}` }));
    poison(scene, "role/agent-16");
    await scene.happened(...events);
    await wakesFor(scene, HOUR);
    const healthy = events.map(idOf).toSpliced(16, 1);
    expect(scene.tellsBySns().toSorted()).toEqual(healthy);
    await wakesFor(scene, 24 * HOUR);
    expect(scene.undelivered).toMatchObject([{ channel: "sns", ids: [events[16]?.id] }]);
    expect(scene.tellsBySns()).toHaveLength(29);
  });

  it("may be several: each holds up the others for a while, and none for good", async () => {
    const scene = notifyScene();
    poison(scene, "role/agent-1", "role/agent-2");
    await scene.happened(denied(1, T0), denied(2, T0 + 1), denied(3, T0 + 2));
    await wakesFor(scene, 2 * HOUR);
    expect(scene.tellsBySns()).toEqual([denied(3, T0 + 2).id]);
  });

  it("and is refused as a digest is broken up at once", async () => {
    const scene = notifyScene();
    scene.topics.sns.befall = async ({ message }) => (message.includes('"role/agent-5"') ? "refused" : undefined);
    await scene.happened(...many(12));
    await wakesFor(scene, 10 * MINUTE);
    expect(scene.tellsBySns().toSorted()).toEqual(many(12).map(idOf).toSpliced(5, 1));
    expect(scene.undelivered).toMatchObject([{ channel: "sns", ids: [denied(5, T0).id] }]);
  });
});

describe("a channel that takes nothing for half a day", () => {
  it("gets everything once, in few messages, when it takes messages again", async () => {
    const scene = notifyScene();
    scene.slack.always("error");
    const events = Array.from({ length: 60 }, (_, n) => denied(n, T0 + n * 12 * MINUTE));
    for (const event of events) scene.clock.at(event.time, () => void scene.happened(event));
    await wakesFor(scene, 12 * HOUR);
    scene.slack.always("ok");
    await wakesFor(scene, 30 * MINUTE);
    expect(scene.undelivered).toEqual([]);
    expect(scene.rolesInSlack().toSorted()).toEqual(events.map(({ principal }) => principal).toSorted());
    expect(scene.slack.shown.length).toBeLessThan(10);
  });

  it("because nobody mended the webhook breaks up nothing", async () => {
    const scene = notifyScene();
    scene.slack.webhooks = [];
    await scene.happened(...many(20));
    await wakesFor(scene, 12 * HOUR);
    scene.slack.webhooks = ["/services/T000/B000/first"];
    await scene.wake();
    expect(scene.rolesInSlack()).toHaveLength(20);
    expect(scene.slack.shown.length).toBeLessThanOrEqual(3);
  });
});
