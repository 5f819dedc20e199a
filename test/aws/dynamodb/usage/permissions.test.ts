import {
  readerPermissions,
  rollUpPermissions,
  wakeMarkPermissions,
  writerPermissions,
} from "@bedrock-governor/aws/dynamodb/usage/permissions";
import { createSetAside, permissions as setAsidePermissions } from "@bedrock-governor/aws/dynamodb/usage/set-aside";
import { createWakeMark } from "@bedrock-governor/aws/dynamodb/usage/wake-mark";
import type { Permission } from "@bedrock-governor/aws/permission";
import { describe, expect, it } from "vitest";
import type { Call } from "../fake-dynamodb.ts";
import { ask, batchOf, DAY, HOUR, MONDAY, setUp, used } from "./setup.ts";

const NOON = MONDAY + 12 * HOUR;
const place = { partition: "aws", account: "123456789012", region: "us-east-1", stage: "production" };

/** Every request of a life in which all happens that can: late batches, replaced roll-ups, minutes at an edge. */
async function life() {
  const sent = {
    writer: new Set<string>(),
    rollUp: new Set<string>(),
    reader: new Set<string>(),
    wake: new Set<string>(),
    setAside: new Set<string>(),
  };
  const noting = (who: keyof typeof sent) => ({
    before: (call: Call) => {
      for (const pk of partitionsIn(call.input)) sent[who].add(`dynamodb:${call.operation} ${pk}`);
    },
  });
  const { process, writer, rollUp, reader, clock } = setUp({ at: NOON });
  await createWakeMark(process(noting("wake"))).claim();
  await writer(noting("writer")).write(batchOf("b", used(NOON)));
  const event = { logGroup: "/log", logStream: "stream", id: "1", at: NOON, reason: "no record" };
  await createSetAside(process(noting("setAside"))).put([event]);
  clock.at = MONDAY + DAY + HOUR;
  await rollUp(noting("rollUp")).run();
  await writer(noting("writer")).write(batchOf("late", used(NOON)));
  await rollUp(noting("rollUp")).run();
  await reader(noting("reader")).read([
    ask("usd", { start: MONDAY - DAY, end: NOON + 1 }),
    ask("usd", { start: MONDAY - DAY, end: clock.at }),
  ]);
  return sent;
}

/** The partitions that a request names, with `*` for what changes. */
function partitionsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    (name === "pk" || name === ":pk") && typeof inner?.S === "string"
      ? [inner.S.replace(/^(usage#(?:batches|minutes|quarters|days)#).*/, "$1*")]
      : partitionsIn(inner),
  );
}

const listed = (permissions: readonly Permission[]) =>
  new Set(
    permissions.flatMap(({ actions, condition }) =>
      actions.flatMap((action) =>
        (condition?.["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"] ?? []).map((pk) => `${action} ${pk}`),
      ),
    ),
  );

describe("permissions on the usage table", () => {
  const granted = {
    writer: writerPermissions(place, "table"),
    rollUp: rollUpPermissions(place, "table"),
    reader: readerPermissions(place, "table"),
    wake: wakeMarkPermissions(place, "table"),
    setAside: setAsidePermissions(place, "table"),
  };

  it("are for exactly what each part sends, to the partitions it sends it to", async () => {
    const sent = await life();
    expect({
      writer: listed(granted.writer),
      rollUp: listed(granted.rollUp),
      reader: listed(granted.reader),
      wake: listed(granted.wake),
      setAside: listed(granted.setAside),
    }).toEqual(sent);
  });

  it("are for no other table", () => {
    const tables = new Set(Object.values(granted).flatMap((some) => some.flatMap(({ resources }) => resources)));
    expect(tables).toEqual(new Set(["arn:aws:dynamodb:us-east-1:123456789012:table/table"]));
  });
});
