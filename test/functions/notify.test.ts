import { describe, expect, it } from "vitest";
import type { Call } from "../aws/dynamodb/fake-dynamodb.ts";
import { denied } from "../notices/denied.ts";
import { HOUR, MINUTE, notifyScene, SECOND, T0, WEBHOOK } from "./notify-setup.ts";
import { captureOutput } from "./output.ts";

const output = captureOutput();

const many = (count: number, time = T0) => Array.from({ length: count }, (_, n) => denied(n, time));

describe("the notifier", () => {
  it("tells what the journal holds, once on each channel, however often it is woken", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    expect(await scene.wake()).toEqual([{ slack: "told", sns: "told", chat: "told" }]);
    await scene.wake();
    await scene.pass(HOUR);
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(["role/agent-1"]);
    expect(scene.tellsBySns()).toEqual([denied(1, T0).id]);
    expect(scene.topics.chat.published.map(({ message }) => JSON.parse(message).source)).toEqual(["custom"]);
    expect(output.metrics()).toMatchObject({ NoticesSent: 0, UndeliveredNotices: 0 });
  });

  it("tells nothing of what an event says: it only wakes", async () => {
    const scene = notifyScene();
    const forged = { source: "bedrock-governor", "detail-type": "Access Denied", detail: denied(666, T0) };
    await scene.wake(() => scene.notifier()(forged));
    await scene.wake(() => scene.notifier()({ Records: [{ body: JSON.stringify(forged) }] }));
    expect([scene.slack.posts, scene.topics.sns.published, scene.topics.chat.published]).toEqual([[], [], []]);
  });

  it("tells what was written late, and what another month has", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    await scene.wake();
    await scene.pass(10 * MINUTE);
    // A run that began before midnight on the last of January wrote this in February.
    await scene.happened(denied(2, T0 + SECOND), denied(3, scene.clock.now()));
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(["role/agent-1", "role/agent-2", "role/agent-3"]);
  });

  it("does not tell the history where a channel is new", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0 - HOUR), denied(2, T0 - 5 * MINUTE), denied(3, T0 - MINUTE));
    await scene.wake();
    // A run that began before the channel did may tell a little later.
    expect([scene.rolesInSlack(), scene.tellsBySns().length]).toEqual([["role/agent-3"], 1]);
  });

  it("tells up to ten changes one by one, in Slack a second apart", async () => {
    const scene = notifyScene();
    await scene.happened(...many(10));
    await scene.wake();
    expect([scene.slack.shown.length, scene.topics.sns.published.length]).toEqual([10, 10]);
    expect(scene.clock.now() - T0).toBeGreaterThanOrEqual(11 * SECOND);
  });

  it("sends at most three messages to Slack for a run with 500 changes, and loses no fact", async () => {
    const scene = notifyScene();
    const events = many(500);
    await scene.happened(...events);
    const requests = scene.table.calls.length;
    // The bus wakes it for each, and the first does it all.
    await scene.wake(...Array.from({ length: 500 }, () => scene.notifier()));
    expect(scene.slack.shown.length).toBeLessThanOrEqual(3);
    expect(JSON.stringify(scene.slack.shown)).toContain("500 ");
    expect(scene.tellsBySns().toSorted()).toEqual(events.map(({ id }) => id).toSorted());
    expect(scene.topics.chat.published).toHaveLength(1);
    expect(scene.undelivered).toEqual([]);
    const writes = scene.table.calls.slice(requests).filter(({ operation }) => operation === "TransactWriteItems");
    expect(writes.length).toBe(3 * (500 / 25));
  });

  it("waits for a run that is still writing, rather than to begin with a part of its changes", async () => {
    const scene = notifyScene();
    for (let n = 0; n < 100; n++) {
      scene.clock.at(T0 + n * 100, () => void scene.happened(denied(n, T0)));
    }
    await scene.wake();
    expect(scene.slack.shown.length).toBeLessThanOrEqual(3);
    expect(new Set(scene.tellsBySns()).size).toBe(100);
  });

  it("tells in the next minute what comes after a digest, together", async () => {
    const scene = notifyScene();
    await scene.happened(...many(40));
    scene.clock.at(T0 + 10 * SECOND, () => void scene.happened(denied(100, T0 + 10 * SECOND)));
    scene.clock.at(T0 + 20 * SECOND, () => void scene.happened(denied(101, T0 + 20 * SECOND)));
    await scene.wake(scene.notifier(), async () => {
      await scene.clock.sleep(10 * SECOND);
      return scene.notifier()();
    });
    await scene.pass(MINUTE);
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(expect.arrayContaining(["role/agent-100", "role/agent-101"]));
    expect(new Set(scene.tellsBySns()).size).toBe(42);
    expect(scene.tellsBySns()).toHaveLength(42);
  });

  it("says nothing in its log of what it tells, and of no address", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.next("error");
    await expect(scene.wake()).rejects.toThrow("notices are left for slack");
    await scene.wake();
    expect(output.logged("notified")).toHaveLength(2);
    expect(output.logged("a channel fails, and is tried again")).toMatchObject([{ channel: "slack" }]);
    expect(output.text()).not.toMatch(/hooks\.slack\.com|services\/T|agent-1|of \$100/);
  });
});

describe("several notifiers", () => {
  it("leave a channel to the one that holds it, which looks again when it is done", async () => {
    const scene = notifyScene();
    const others: unknown[] = [];
    let isDone = false;
    // Something happens after the holder looked for the last time, and it has not let go yet.
    const around = {
      async before({ operation, input }: Call) {
        if (isDone || operation !== "UpdateItem" || !JSON.stringify(input).includes('":until":{"N":"0"}')) return;
        isDone = true;
        await scene.happened(denied(1, scene.clock.now()));
        others.push(await scene.notifier({ channels: sns })());
      },
    };
    const sns = scene.channels.filter(({ name }) => name === "sns");
    await scene.wake(scene.notifier({ around, channels: sns }));
    expect([others, scene.tellsBySns()]).toEqual([[{ sns: "held" }], [denied(1, T0).id]]);
  });

  it.each([
    ["by itself", 3, many(3)],
    // A digest of three messages, each of one limit.
    ["in a digest", 12, many(12).map((event, n) => ({ ...event, limit: `limit-${n % 3}` }))],
  ])("do not repeat what went out %s before the table failed for a moment", async (_, count, events) => {
    const scene = notifyScene();
    await scene.happened(...events);
    let failures = 0;
    const sns = scene.channels.filter(({ name }) => name === "sns");
    const around = {
      before() {
        if (scene.topics.sns.published.length === 2 && failures++ < 5) throw new Error("DynamoDB is out of order");
      },
    };
    await scene.wake(scene.notifier({ around, channels: sns }));
    expect([failures > 5, scene.tellsBySns().length]).toEqual([true, count]);
  });

  it("do not send what another has sent while they stood still", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    const sns = scene.channels.filter(({ name }) => name === "sns");
    // Between putting the event into a parcel and sending that.
    const around = {
      async after({ operation }: Call) {
        if (operation === "TransactWriteItems") await scene.clock.sleep(2 * MINUTE);
      },
    };
    const slow = () => scene.notifier({ around, channels: sns })({}, 10 * MINUTE);
    const answers = await scene.wake(slow, async () => {
      await scene.clock.sleep(90 * SECOND);
      return scene.notifier({ channels: sns })();
    });
    expect([answers, scene.tellsBySns()]).toEqual([[{ sns: "held" }, { sns: "told" }], [denied(1, T0).id]]);
  });

  it("do not take from another what it has yet to tell, when they come to after having stood still", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    const sns = scene.channels.filter(({ name }) => name === "sns");
    const around = {
      async before({ operation }: Call) {
        if (operation === "TransactWriteItems") await scene.clock.sleep(90 * SECOND);
      },
    };
    scene.topics.sns.befall = async () => {
      throw new Error("SNS is out of order");
    };
    const slow = () => scene.notifier({ around, channels: sns })({}, 10 * MINUTE);
    const second = async () => {
      await scene.clock.sleep(70 * SECOND);
      return scene.notifier({ channels: sns })();
    };
    await expect(scene.wake(slow, second)).rejects.toThrow("notices are left for sns");
    scene.topics.sns.befall = undefined;
    await scene.pass(5 * MINUTE);
    await scene.wake(scene.notifier({ channels: sns }));
    expect(scene.tellsBySns()).toEqual([denied(1, T0).id]);
  });

  it("take over from one that was killed, when a minute has passed", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.topics.sns.befall = () => new Promise(() => {});
    void scene.notifier()();
    await scene.pass(10 * SECOND);
    scene.topics.sns.befall = undefined;
    expect(await scene.wake()).toMatchObject([{ sns: "held" }]);
    await scene.pass(MINUTE);
    expect(await scene.wake()).toMatchObject([{ sns: "told" }]);
    expect(scene.tellsBySns()).toEqual([denied(1, T0).id]);
  });
});

describe("a channel that does not take a notice", () => {
  it("does not stop the others, and gets it with the next wake", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.next("error");
    await expect(scene.wake()).rejects.toBeInstanceOf(AggregateError);
    expect([scene.slack.shown.length, scene.tellsBySns().length, scene.topics.chat.published.length]).toEqual([
      0, 1, 1,
    ]);
    await scene.wake();
    expect([scene.slack.shown.length, scene.tellsBySns().length, scene.topics.chat.published.length]).toEqual([
      1, 1, 1,
    ]);
  });

  it("is Slack, busy: what it asks for is waited for, also by others", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.next({ busyFor: 30 }, { busyFor: 500 });
    for (let n = 0; n < 2; n++) {
      expect(await scene.wake()).toMatchObject([{ slack: "left" }]);
      expect(scene.slack.posts).toHaveLength(2);
    }
    await scene.pass(10 * MINUTE);
    await scene.wake();
    expect([scene.slack.posts.length, scene.slack.shown.length]).toEqual([3, 1]);
  });

  it.each([0, 0.2])("is Slack, busy for %d s: it is asked a few times, a second apart", async (busyFor) => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.next(...Array(500).fill({ busyFor }));
    const start = scene.clock.now();
    expect(await scene.wake()).toMatchObject([{ slack: "left" }]);
    expect(scene.slack.posts).toHaveLength(3);
    expect(scene.clock.now() - start).toBeGreaterThanOrEqual(2 * SECOND);
  });

  it("is Slack, busy for a year: it is asked again each hour, and every wake fails until it takes something", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.always({ busyFor: 31_536_000 });
    for (let wakes = 0; wakes < 36; wakes++) {
      await expect(scene.wake()).rejects.toThrow("notices are left for slack");
      await scene.pass(5 * MINUTE);
    }
    expect(scene.slack.posts).toHaveLength(3);
    scene.slack.always("ok");
    await scene.pass(HOUR);
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(["role/agent-1"]);
  });

  it("is Slack, always busy for a moment: that is a failure after ten minutes", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.always({ busyFor: 1 });
    await scene.wake();
    await scene.pass(11 * MINUTE);
    await expect(scene.wake()).rejects.toThrow("notices are left for slack");
  });

  it("is Slack, refusing blocks: then it gets plain text", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.next("invalid_blocks");
    await scene.wake();
    expect(scene.slack.shown).toEqual([expect.not.objectContaining({ blocks: expect.anything() })]);
    expect(scene.rolesInSlack()).toEqual(["role/agent-1"]);
  });

  it("is Slack, refusing a message altogether: it is given up, told of, and does not stop the next", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0), denied(2, T0));
    scene.slack.next("invalid_payload", "invalid_payload");
    await scene.wake();
    expect(scene.undelivered).toEqual([
      { channel: "slack", ids: [denied(1, T0).id], why: expect.stringContaining("invalid_payload") },
    ]);
    expect(output.metrics()).toMatchObject({ UndeliveredNotices: 1, NoticesSent: 5 });
    expect(scene.rolesInSlack()).toEqual(["role/agent-2"]);
    await scene.wake();
    expect(scene.undelivered).toHaveLength(1);
  });

  it("is a topic, refusing a message", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.topics.sns.befall = async () => "refused";
    await scene.wake();
    expect(scene.undelivered).toMatchObject([{ channel: "sns", why: "InvalidParameter: too long" }]);
  });

  it("is a topic that is down for an hour: nothing is lost, and nothing is told twice", async () => {
    const scene = notifyScene();
    scene.topics.sns.befall = async () => {
      throw new Error("SNS is out of order");
    };
    for (let n = 0; n < 12; n++) {
      await scene.happened(denied(n, scene.clock.now()));
      await expect(scene.wake()).rejects.toThrow("notices are left for sns");
      await scene.pass(5 * MINUTE);
    }
    scene.topics.sns.befall = undefined;
    await scene.wake();
    expect(scene.tellsBySns()).toHaveLength(12);
    expect(new Set(scene.tellsBySns()).size).toBe(12);
    expect([scene.slack.shown.length, scene.undelivered]).toEqual([12, []]);
  });

  it("loses what it did not take for a day to the queue, and gets what is younger", async () => {
    const scene = notifyScene();
    scene.slack.always("error");
    await scene.happened(denied(1, T0), denied(2, T0));
    await expect(scene.wake()).rejects.toThrow();
    await scene.pass(24 * HOUR);
    await scene.happened(denied(3, scene.clock.now()));
    await expect(scene.wake()).rejects.toThrow();
    expect(scene.undelivered.map(({ channel, ids }) => [channel, ids])).toEqual([
      ["slack", [denied(1, T0).id]],
      ["slack", [denied(2, T0).id]],
    ]);
    scene.slack.always("ok");
    await scene.pass(MINUTE);
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(["role/agent-3"]);
    expect([scene.undelivered.length, scene.tellsBySns().length]).toEqual([2, 3]);
  });

  it("keeps what the queue does not take either", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.always("invalid_payload");
    scene.failQueue(true);
    await expect(scene.wake()).rejects.toThrow("notices are left for slack");
    scene.failQueue(false);
    await scene.wake();
    expect(scene.undelivered).toHaveLength(1);
  });
});

describe("the webhook", () => {
  it("is used at once when it was rotated, within a run too", async () => {
    const scene = notifyScene();
    const next = "/services/T000/B000/second";
    await scene.happened(...many(3));
    scene.clock.at(T0 + 3_500, () => {
      scene.slack.webhooks = [next];
      scene.parameter.value = WEBHOOK.replace("first", "second");
    });
    await scene.wake();
    expect(scene.slack.posts.map(({ path }) => path === next)).toEqual([false, false, true]);
    expect(scene.slack.shown).toHaveLength(3);
  });

  it("is used at once when it was rotated, however long the old one was to wait", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.next({ busyFor: 31_536_000 });
    await expect(scene.wake()).rejects.toThrow("notices are left for slack");
    scene.slack.webhooks = ["/services/T000/B000/second"];
    scene.parameter.value = WEBHOOK.replace("first", "second");
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(["role/agent-1"]);
    expect(JSON.stringify(scene.table.items())).not.toContain("/services/T000");
  });

  it("that is set begins then: what happened minutes before is not told, that it was set is", async () => {
    const scene = notifyScene();
    scene.parameter.value = undefined;
    for (let n = 0; n < 4; n++) {
      await scene.happened(denied(n, scene.clock.now()));
      await scene.wake();
      await scene.pass(5 * MINUTE);
    }
    scene.parameter.value = WEBHOOK;
    await scene.wake();
    // The run that tells of it began before it was set.
    await scene.happened(denied(100, scene.clock.now() - 20 * SECOND));
    await scene.pass(4 * MINUTE);
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(["role/agent-100"]);
    expect(scene.tellsBySns()).toHaveLength(5);
  });

  it("that is no SecureString is used, and the log says each time that it should be one", async () => {
    const scene = notifyScene();
    scene.parameter.isEncrypted = false;
    await scene.happened(denied(1, T0));
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(["role/agent-1"]);
    expect(output.logged("a channel works, and should be put right")).toMatchObject([
      { channel: "slack", level: "WARN", warning: expect.stringContaining("no SecureString") },
    ]);
    expect(output.text()).not.toContain("hooks.slack.com");
  });

  it("that Slack knows no more is a failure, until there is another", async () => {
    const scene = notifyScene();
    await scene.happened(denied(1, T0));
    scene.slack.webhooks = [];
    await expect(scene.wake()).rejects.toThrow("notices are left for slack");
    expect(JSON.stringify(output.logged())).toContain("no_service");
    scene.slack.webhooks = ["/services/T000/B000/second"];
    scene.parameter.value = WEBHOOK.replace("first", "second");
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(["role/agent-1"]);
  });

  it("that is not set is no failure, and once it is set nothing old is told", async () => {
    const scene = notifyScene();
    scene.parameter.value = undefined;
    await scene.happened(denied(1, T0));
    expect(await scene.wake()).toEqual([{ slack: "absent", sns: "told", chat: "told" }]);
    for (let hour = 0; hour < 48; hour++) {
      await scene.pass(HOUR);
      await scene.wake();
    }
    scene.parameter.value = WEBHOOK;
    await scene.happened(denied(2, scene.clock.now()));
    await scene.wake();
    expect([scene.rolesInSlack(), scene.undelivered]).toEqual([["role/agent-2"], []]);
  });

  it("that is taken away between two messages leaves the rest, for a while", async () => {
    const scene = notifyScene();
    await scene.happened(...many(2));
    scene.clock.at(T0 + 2_500, () => {
      scene.parameter.value = undefined;
    });
    expect(await scene.wake()).toMatchObject([{ slack: "absent" }]);
    scene.parameter.value = WEBHOOK;
    await scene.wake();
    expect(scene.rolesInSlack()).toEqual(["role/agent-0", "role/agent-1"]);
  });

  it("is not even looked up while there is nothing to tell", async () => {
    const scene = notifyScene();
    await scene.wake();
    expect(scene.parameter.reads).toBe(0);
  });
});

describe("time that runs out", () => {
  it("leaves the rest to the next wake, which is no failure", async () => {
    const scene = notifyScene();
    await scene.happened(...many(8));
    expect(await scene.wake(() => scene.notifier()({}, 26 * SECOND))).toMatchObject([{ slack: "left", sns: "told" }]);
    expect(scene.slack.shown.length).toBeLessThan(8);
    await scene.wake();
    expect(scene.rolesInSlack()).toHaveLength(8);
  });
});
