import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import type { Call } from "../fake-dynamodb.ts";
import { ask, batchOf, DAY, HOUR, MINUTE, MONDAY, OPUS, seen, setUp, used } from "./setup.ts";

const NOON = MONDAY + 12 * HOUR;
const week = { start: MONDAY, end: MONDAY + 7 * DAY };
const ALICE = `role/alice ${OPUS}`;

/** A stage whose deployments say which regions have a meter. */
function stage() {
  const world = setUp({ at: NOON });
  const { clock, rollUp, reader, writer } = world;
  let batches = 0;
  return {
    ...world,
    deploy: (...regions: readonly string[]) => rollUp().note(regions),
    async pass(ms: number) {
      for (const end = clock.at + ms; clock.at < end; ) {
        clock.at = Math.min(end, clock.at + DAY);
        await rollUp().run();
      }
    },
    use: () => writer().write(batchOf(`b${batches++}`, used(clock.at))),
    read: async (span = week) => (await reader().read([ask("invocations", span)]))[0],
  };
}

describe("the time before metering began", () => {
  it("is named, and what was counted since is known", async () => {
    const { deploy, pass, use, read } = stage();
    await deploy("us-east-1");
    await pass(HOUR);
    await use();
    const reading = await read();
    expect(seen(reading)).toEqual({ [ALICE]: 1 });
    // Ten minutes after the deployment, which has then come to the log, too.
    expect(reading).toMatchObject({ unseen: "calls in us-east-1 before 2026-01-05T12:10Z, when metering began there" });
  });

  it("is not there in a period that begins later", async () => {
    const { deploy, pass, read } = stage();
    await deploy("us-east-1");
    await pass(2 * DAY);
    expect(await read({ start: MONDAY + DAY, end: MONDAY + 2 * DAY })).not.toHaveProperty("unseen");
  });

  it("is that of each region for itself", async () => {
    const { deploy, pass, read } = stage();
    await deploy("us-east-1");
    await pass(DAY);
    await deploy("us-east-1", "eu-west-1");
    await pass(DAY);
    expect(await read({ start: MONDAY + DAY, end: MONDAY + 3 * DAY })).toMatchObject({
      status: "known",
      unseen: "calls in eu-west-1 before 2026-01-06T12:10Z, when metering began there",
    });
  });

  it("does not move when the stage is deployed again", async () => {
    const { deploy, pass, read } = stage();
    await deploy("us-east-1");
    await pass(DAY);
    await deploy("us-east-1");
    expect(await read()).toMatchObject({ unseen: expect.stringContaining("2026-01-05T12:10Z") });
  });
});

describe("a time in which metering was off", () => {
  it("leaves usage unknown if no region was metered, in every period that reaches into it and in no other", async () => {
    const { deploy, pass, use, read, clock } = stage();
    await deploy("us-east-1");
    await pass(30 * MINUTE);
    await use();
    await pass(30 * MINUTE);
    await deploy();
    const off = { status: "unknown", why: "nothing was metered since 2026-01-05T13:00Z: metering was switched off" };
    expect(await read()).toEqual(off);

    clock.at += 2 * HOUR;
    await deploy("us-east-1");
    await pass(2 * DAY);
    const why = "nothing was metered from 2026-01-05T13:00Z to 2026-01-05T15:10Z: metering was switched off";
    expect(await read()).toEqual({ status: "unknown", why });
    expect((await read({ start: MONDAY + DAY, end: MONDAY + 2 * DAY }))?.status).toBe("known");
    expect(seen(await read({ start: MONDAY, end: NOON + HOUR }))).toEqual({ [ALICE]: 1 });
  });

  it("is named if it was off in one region while another was metered", async () => {
    const { deploy, pass, use, read } = stage();
    await deploy("us-east-1", "eu-west-1");
    await pass(HOUR);
    await use();
    await deploy("us-east-1");
    await pass(HOUR);
    await deploy("us-east-1", "eu-west-1");
    await pass(HOUR);
    const reading = await read({ start: NOON + 30 * MINUTE, end: MONDAY + DAY });
    expect(seen(reading)).toEqual({ [ALICE]: 1 });
    expect(reading).toMatchObject({
      unseen: "calls in eu-west-1 from 2026-01-05T13:00Z to 2026-01-05T14:10Z, when it had no meter",
    });
  });

  it("is named and no more if it was brief and at most 2 % of the period; a shorter one is known when it is past", async () => {
    const { deploy, pass, use, read, clock } = stage();
    await deploy("us-east-1");
    await pass(HOUR);
    await use();
    await deploy();
    expect((await read())?.status).toBe("unknown");
    clock.at += 4_000;
    await deploy("us-east-1");
    const unseen = expect.stringContaining("calls in us-east-1 from 2026-01-05T13:00Z to 2026-01-05T13:10Z");
    const today = { start: MONDAY, end: MONDAY + DAY };
    for (const span of [week, today]) expect(await read(span)).toMatchObject({ status: "known", unseen });
    expect(seen(await read())).toEqual({ [ALICE]: 1 });
    const hour = (hours: number) => ({ start: NOON + hours * HOUR, end: NOON + (hours + 1) * HOUR });
    expect((await read(hour(1)))?.status).toBe("unknown");
    await pass(2 * HOUR);
    expect((await read(hour(2)))?.status).toBe("known");
  });

  it("is not brief from half an hour on", async () => {
    const off = async (ms: number) => {
      const { deploy, pass, read, clock } = stage();
      await deploy("us-east-1");
      await pass(HOUR);
      await deploy();
      clock.at += ms;
      await deploy("us-east-1");
      await pass(HOUR);
      return (await read())?.status;
    };
    expect([await off(20 * MINUTE), await off(20 * MINUTE + 1)]).toEqual(["known", "unknown"]);
  });

  it("is as if metered where an operator accepts it: the mark before has no end, as by the command in docs/lost-usage.md", async () => {
    const { deploy, pass, read, clock, table, process } = stage();
    await deploy("us-east-1");
    await pass(HOUR);
    await deploy();
    clock.at += DAY;
    await deploy("us-east-1");
    await pass(HOUR);
    expect((await read())?.status).toBe("unknown");
    const Item = { pk: { S: "usage#marks" }, sk: { S: `5-metered#${NOON + 10 * MINUTE}#us-east-1` } };
    expect(table.items()).toContainEqual(expect.objectContaining({ ...Item, end: { N: String(NOON + HOUR) } }));
    await process().dynamodb.send(new PutItemCommand({ TableName: "table", Item }));
    expect((await read())?.status).toBe("known");
    await deploy();
    expect(await read()).toMatchObject({
      why: "nothing was metered since 2026-01-06T14:00Z: metering was switched off",
    });
  });

  it("is no such time where another region's meter took over", async () => {
    const { deploy, pass, read } = stage();
    await deploy("us-east-1");
    await pass(DAY);
    await deploy("us-east-1", "eu-west-1");
    await pass(HOUR);
    await deploy("eu-west-1");
    await pass(DAY);
    expect((await read())?.status).toBe("known");
  });

  it("is no such time where one region gives way to another in the same deployment", async () => {
    const { deploy, pass, read } = stage();
    await deploy("us-east-1");
    await pass(DAY);
    await deploy("eu-west-1");
    await pass(DAY);
    expect(await read()).toMatchObject({
      status: "known",
      unseen: "calls in eu-west-1 before 2026-01-06T12:10Z, when metering began there",
    });
  });

  it("is over before it began when metering is switched on and off within minutes", async () => {
    const { deploy, clock, read, pass } = stage();
    await deploy("us-east-1");
    clock.at += MINUTE;
    await deploy();
    expect(await read()).toMatchObject({ why: expect.stringContaining("since 2026-01-05T12:10Z") });
    await pass(HOUR);
    await deploy("us-east-1");
    await pass(DAY);
    expect((await read({ start: MONDAY + DAY, end: MONDAY + 2 * DAY }))?.status).toBe("known");
  });
});

describe("a deployment that says which regions have a meter", () => {
  it("waits until IAM knows the roll-up's role", async () => {
    const { rollUp, process, read, pass } = stage();
    let refused = 0;
    const before = ({ nth }: Call) => {
      if (nth <= 3) {
        refused++;
        throw Object.assign(new Error("not authorized"), { name: "AccessDeniedException" });
      }
    };
    await rollUp({ before }).note(["us-east-1"]);
    expect([refused, process().now()]).toEqual([3, NOON]);
    await pass(HOUR);
    expect(await read()).toMatchObject({ unseen: expect.stringContaining("us-east-1") });
  });

  it("fails when it cannot be kept", async () => {
    const before = () => {
      throw Object.assign(new Error("not authorized"), { name: "AccessDeniedException" });
    };
    await expect(stage().rollUp({ before }).note(["us-east-1"])).rejects.toThrow("not authorized");
  });
});

describe("roll-ups that never ran", () => {
  it("leave unknown what is lost by then, before the first of them and after it", async () => {
    const { deploy, use, read, clock, table, rollUp } = stage();
    await deploy("us-east-1");
    clock.at += 20 * MINUTE;
    await use();
    clock.at += 4 * DAY;
    await use();
    table.expire(clock.at);
    const why = "usage from 2026-01-05T12:10Z to 2026-01-06T12:15Z is lost: no roll-up ran for three days";
    const later = { start: MONDAY + 2 * DAY, end: week.end };
    expect(await read()).toEqual({ status: "unknown", why });
    expect(seen(await read(later))).toEqual({ [ALICE]: 1 });

    await rollUp().run();
    expect(await read()).toMatchObject({ status: "unknown", why: expect.stringContaining("is lost") });
    expect(seen(await read(later))).toEqual({ [ALICE]: 1 });
  });

  it("lose nothing within three days", async () => {
    const { deploy, use, read, clock, rollUp } = stage();
    await deploy("us-east-1");
    await use();
    clock.at += 2 * DAY;
    expect(seen(await read())).toEqual({ [ALICE]: 1 });
    await rollUp().run();
    expect(seen(await read())).toEqual({ [ALICE]: 1 });
  });
});
