import { createClock } from "@bedrock-governor/simulator/clock";
import { describe, expect, it } from "vitest";

describe("the virtual clock", () => {
  it("jumps to what is due next, whatever the order of planning", async () => {
    const clock = createClock(1000);
    const seen: number[] = [];
    for (const time of [1030, 1010, 1020]) clock.at(time, () => seen.push(clock.now()));
    await clock.runUntil(1025);
    expect(seen).toEqual([1010, 1020]);
    expect(clock.now()).toBe(1025);
    expect(clock.nextAt()).toBe(1030);
  });

  it("keeps the order of planning among things of one time", async () => {
    const clock = createClock(0);
    const seen: number[] = [];
    for (let one = 0; one < 100; one++) clock.at(one % 2, () => seen.push(one));
    await clock.runUntil(1);
    const evenThenOdd = [...Array(50).keys()].map((one) => 2 * one);
    expect(seen).toEqual([...evenThenOdd, ...evenThenOdd.map((one) => one + 1)]);
  });

  it("lets the world change first, then streams in their order, then whoever looks at it", async () => {
    const clock = createClock(0);
    const seen: string[] = [];
    const stream = (name: string) => {
      let at = 5;
      clock.addStream({
        nextAt: () => at,
        handle: () => {
          seen.push(name);
          at = Number.POSITIVE_INFINITY;
        },
      });
    };
    clock.start(5, async () => {
      seen.push("task");
    });
    stream("first stream");
    stream("second stream");
    clock.at(5, () => seen.push("world"));
    await clock.runUntil(10);
    expect(seen).toEqual(["world", "first stream", "second stream", "task"]);
  });

  it("does what is planned for the past, or for now, without going back", async () => {
    const clock = createClock(100);
    const seen: number[] = [];
    clock.at(50, () => {
      clock.at(clock.now(), () => seen.push(clock.now()));
    });
    await clock.runUntil(100);
    expect(seen).toEqual([100]);
  });

  it("lets code in virtual time go as far as it can before time moves on", async () => {
    const clock = createClock(0);
    const seen: [string, number][] = [];
    const step = async (name: string) => {
      // Many turns of the microtask queue, and no time passes.
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      seen.push([name, clock.now()]);
    };
    clock.start(10, async () => {
      await step("read");
      await clock.sleep(700);
      await step("write");
    });
    clock.at(11, () => seen.push(["meanwhile", clock.now()]));
    await clock.runUntil(1000);
    expect(seen).toEqual([
      ["read", 10],
      ["meanwhile", 11],
      ["write", 710],
    ]);
  });

  it("passes on what code in virtual time throws", async () => {
    const clock = createClock(0);
    clock.start(1, async () => {
      await clock.sleep(1);
      throw new Error("a defect");
    });
    await expect(clock.runUntil(10)).rejects.toThrow("a defect");
  });

  it("stops by itself when nothing is planned any more", async () => {
    const clock = createClock(0);
    clock.at(42, () => {});
    await clock.runUntil(Number.POSITIVE_INFINITY);
    expect(clock.now()).toBe(42);
  });
});
