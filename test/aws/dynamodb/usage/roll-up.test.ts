import { beginProgress } from "@bedrock-governor/aws/dynamodb/usage/marks";
import { createRollUp } from "@bedrock-governor/aws/dynamodb/usage/roll-up";
import { describe, expect, it } from "vitest";
import type { Call } from "../fake-dynamodb.ts";
import { amountsOf, ask, batchOf, DAY, HOUR, MINUTE, MONDAY, OPUS, QUARTER, setUp, used } from "./setup.ts";

const NOON = MONDAY + 12 * HOUR;
const day = { start: MONDAY, end: MONDAY + DAY };
const ALICE = `role/alice ${OPUS}`;

/** A table on which one batch was written at noon, and rolled up. */
async function rolledUp(at = NOON + HOUR) {
  const world = setUp({ at: NOON });
  await beginProgress(world.process(), { quartersUpTo: MONDAY, daysUpTo: MONDAY });
  await world.writer().write(batchOf("first", used(NOON)));
  world.clock.at = at;
  await world.rollUp().run();
  return world;
}

const keysOf = ({ table }: ReturnType<typeof setUp>, partitions: string) =>
  table.items().flatMap(({ pk, sk }) => (pk?.S?.startsWith(partitions) ? [`${pk.S} ${sk?.S}`] : []));

/** Does something once, before a request of that kind. */
function once(operation: string, doing: () => Promise<unknown>, when: (call: Call) => boolean = () => true) {
  let done = false;
  return async (call: Call) => {
    if (done || call.operation !== operation || !when(call)) return;
    done = true;
    await doing();
  };
}

describe("rolling up", () => {
  it("writes minutes and sums of each quarter in which something was used, and sums of each day", async () => {
    const world = await rolledUp(MONDAY + DAY + HOUR);
    const parts = ["minutes#2026-01-05 2026-01-05T12:00Z", "quarters#2026-01-05 2026-01-05T12:00Z"];
    const found = [
      ...keysOf(world, "usage#minutes#"),
      ...keysOf(world, "usage#quarters#"),
      ...keysOf(world, "usage#d"),
    ];
    const expected = [...parts, "days#2026-01 2026-01-05"].flatMap((key) => [
      `usage#${key}`,
      expect.stringMatching(new RegExp(`^usage#${key}#1#[0-9a-f]{16}#0$`)),
    ]);
    expect(found).toEqual(expected);
  });

  it("waits ten minutes after a quarter", async () => {
    const world = await rolledUp(NOON + QUARTER + 10 * MINUTE - 1);
    expect(keysOf(world, "usage#quarters#")).toEqual([]);
    world.clock.at += 1;
    await world.rollUp().run();
    expect(keysOf(world, "usage#quarters#")).toHaveLength(2);
  });

  it("is two requests while there is nothing to do", async () => {
    const { rollUp, requests } = await rolledUp();
    expect(await requests(() => rollUp().run())).toEqual(["Query", "Query"]);
  });

  it("writes nothing for times in which nothing was used but how far it is", async () => {
    const { rollUp, requests, clock } = await rolledUp();
    clock.at += HOUR;
    const sent = await requests(() => rollUp().run());
    expect(sent.filter((one) => one !== "Query" && one !== "GetItem")).toEqual(Array(4).fill("UpdateItem"));
  });

  it("catches up after two days in which it did not run", async () => {
    const { writer, rollUp, reader, clock } = setUp({ at: NOON });
    await rollUp().run();
    for (let hour = 0; hour < 48; hour++) {
      await writer().write(batchOf(`b${hour}`, used(clock.at)));
      clock.at += HOUR;
    }
    const all = { start: MONDAY, end: MONDAY + 3 * DAY };
    expect(await amountsOf(reader(), "invocations", all)).toEqual({ [ALICE]: 48 });
    await rollUp().run();
    expect(await amountsOf(reader(), "invocations", all)).toEqual({ [ALICE]: 48 });
  });

  it("says what is lost when it comes back after more than three days, and nothing else is unknown", async () => {
    const { rollUp, reader, clock, table } = await rolledUp();
    clock.at += 3 * DAY + 2 * HOUR;
    table.expire(clock.at);
    const lost = { start: NOON + 45 * MINUTE, end: NOON + 3 * HOUR };
    const read = () =>
      reader().read([ask("invocations", lost), ask("invocations", { start: MONDAY, end: NOON + 45 * MINUTE })]);
    const [before] = await read();
    await rollUp().run();
    const [after, other] = await read();
    const why = "usage from 2026-01-05T12:45Z to 2026-01-05T15:00Z is lost: no roll-up ran for three days";
    expect([before, after]).toEqual(Array(2).fill({ status: "unknown", why }));
    expect(other?.status).toBe("known");
  });
});

describe("sums of quarters and days", () => {
  const keptFor = async (retentionDays?: number) => {
    const { process, writer, clock, table } = setUp({ at: NOON });
    await writer().write(batchOf("first", used(NOON)));
    clock.at = MONDAY + DAY + HOUR;
    await createRollUp({ ...process(), ...(retentionDays !== undefined && { retentionDays }) }).run();
    const ends = table
      .items()
      .flatMap(({ pk, expires }) => (pk?.S?.startsWith("usage#days") ? [Number(expires?.N)] : []));
    return (Math.min(...ends) * 1_000 - MONDAY) / DAY;
  };

  it("are kept as long as the stage says, and a month more, as a whole month is read at once", async () => {
    expect(await keptFor(90)).toBe(90 + 31);
    expect(await keptFor()).toBe(400 + 31);
  });

  it("are kept for as long as a limit may ask for them, whatever the stage says", async () => {
    expect(await keptFor(1)).toBe(62 + 31);
  });
});

describe("a batch that comes after its quarter was rolled up", () => {
  it("is counted at once, and is no longer read by itself after the next roll-up", async () => {
    const world = await rolledUp();
    const { writer, reader, rollUp, table } = world;
    await writer().write(batchOf("late", used(NOON)));
    expect(await amountsOf(reader(), "invocations", day)).toEqual({ [ALICE]: 2 });
    await rollUp().run();
    table.expire(NOON + 20 * DAY);
    expect(await amountsOf(reader(), "invocations", day)).toEqual({ [ALICE]: 2 });
  });

  it("replaces what was rolled up: nothing of that is left", async () => {
    const world = await rolledUp(MONDAY + DAY + HOUR);
    const many = Array.from({ length: 200 }, (_, number) => used(NOON, { principal: `role/${number}` }));
    await world.writer().write(batchOf("late", ...many));
    await world.rollUp().run();
    for (const partitions of ["usage#minutes#", "usage#quarters#", "usage#days#"]) {
      const keys = keysOf(world, partitions);
      expect(keys.length).toBeGreaterThan(3);
      expect(keys.filter((key) => key.includes("#1#"))).toEqual([]);
    }
    expect(keysOf(world, "usage#marks")).toEqual(["usage#marks 3-progress"]);
  });

  it("reaches a process that remembers what was rolled up before", async () => {
    const { writer, reader, rollUp, clock } = await rolledUp(MONDAY + DAY + HOUR);
    const warm = reader();
    expect(await amountsOf(warm, "invocations", day)).toEqual({ [ALICE]: 1 });
    await writer().write(batchOf("late", used(NOON)));
    await rollUp().run();
    clock.at += MINUTE;
    expect(await amountsOf(warm, "invocations", day)).toEqual({ [ALICE]: 2 });
  });

  it("reaches a process that has read while the roll-up was at work", async () => {
    const { writer, reader, rollUp } = await rolledUp(MONDAY + 2 * DAY + HOUR);
    const warm = reader();
    const days = { start: MONDAY, end: MONDAY + 2 * DAY };
    await writer().write(batchOf("late", used(NOON)));
    const before = once(
      "PutItem",
      () => warm.read([ask("invocations", days)]),
      ({ input }) => JSON.stringify(input).includes('"usage#days#'),
    );
    await rollUp({ before }).run();
    expect(await amountsOf(warm, "invocations", days)).toEqual({ [ALICE]: 2 });
  });

  it("is not lost between a slow roll-up and a fast one that knows more", async () => {
    for (const level of ["usage#minutes#", "usage#quarters#", "usage#days#"]) {
      const { writer, rollUp, reader, clock } = setUp({ at: NOON });
      await writer().write(batchOf("first", used(NOON)));
      clock.at = MONDAY + DAY + HOUR;
      // The slow one has read what was there before, and is about to say so.
      const before = once(
        "PutItem",
        async () => {
          await writer().write(batchOf("late", used(NOON)));
          await rollUp().run();
        },
        ({ input }) => JSON.stringify(input).includes(`"${level}`),
      );
      await rollUp({ before }).run();
      await rollUp().run();
      for (const span of [day, { start: NOON, end: NOON + QUARTER }, { start: NOON, end: NOON + MINUTE }]) {
        expect(await amountsOf(reader(), "invocations", span)).toEqual({ [ALICE]: 2 });
      }
    }
  });

  it("is not lost when a roll-up is done with another late batch at that moment", async () => {
    const { writer, rollUp, reader } = await rolledUp(MONDAY + DAY + HOUR);
    for (const [late, level] of ["quarter", "day"].entries()) {
      await writer().write(batchOf(`late${late}`, used(NOON)));
      const before = once(
        "DeleteItem",
        () => writer().write(batchOf(`later${late}`, used(NOON))),
        ({ input }) => JSON.stringify(input).includes(`-${level}#`),
      );
      await rollUp({ before }).run();
      await rollUp().run();
      expect(await amountsOf(reader(), "invocations", day)).toEqual({ [ALICE]: 3 + 2 * late });
    }
  });

  it.each([0, 2])("is not lost if the roll-up is killed at any request, nor is one in time: %i late", async (late) => {
    const midnight = MONDAY + DAY;
    for (let last = 1; ; last++) {
      const { process, writer, rollUp, reader, clock } = setUp({ at: midnight - MINUTE });
      await beginProgress(process(), { quartersUpTo: midnight - QUARTER, daysUpTo: MONDAY });
      await writer().write(batchOf("first", used(clock.at)));
      clock.at += HOUR;
      for (let number = 0; number < late; number++) {
        await writer().write(batchOf(`late${number}`, used(NOON - number * HOUR)));
      }
      let sent = 0;
      const before = () => {
        if (++sent > last) throw new Error("killed");
      };
      const died = await rollUp({ before })
        .run()
        .then(
          () => false,
          () => true,
        );
      expect(await amountsOf(reader(), "invocations", day)).toEqual({ [ALICE]: 1 + late });
      clock.at += HOUR;
      await rollUp().run();
      expect(await amountsOf(reader(), "invocations", day)).toEqual({ [ALICE]: 1 + late });
      if (!died) return expect(last).toBeGreaterThan(20);
    }
  });
});
