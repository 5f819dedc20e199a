import { createKnownAliases, permissions } from "@bedrock-governor/aws/dynamodb/known-aliases";
import { describe, expect, it } from "vitest";
import { type Answer, type Input, scriptedDynamodb } from "./scripted-dynamodb.ts";

const DAY_MS = 86_400_000;
const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";

/** As much of a table as aliases need. */
function table() {
  const items = new Map<string, object>();
  const state = { now: Date.UTC(2026, 10, 22), broken: false };
  const answer = ({ operation, input }: { operation: string; input: Input }): Answer => {
    if (state.broken) return { error: "AccessDeniedException" };
    if (operation === "Query") return { output: { Items: [...items.values()] } };
    for (const { PutRequest } of Object.values(input.RequestItems ?? {}).flat()) {
      if (PutRequest !== undefined) items.set(PutRequest.Item.sk?.S ?? "", PutRequest.Item);
    }
    return { output: {} };
  };
  const { dynamodb, requests } = scriptedDynamodb(answer);
  const start = () => createKnownAliases({ dynamodb, table: "table", now: () => state.now, wait: async () => {} });
  return { state, items, requests, start };
}

describe("aliases of models in the table", () => {
  it("are known to a later process", async () => {
    const { start } = table();
    const aliases = new Map(Array.from({ length: 60 }, (_, i) => [`profile${i}`, OPUS]));
    await start().keep(aliases);
    expect(await start().recall()).toEqual(aliases);
  });

  it("are written 25 at a time, once, and again when half of their time is over", async () => {
    const { start, state, requests } = table();
    const aliases = new Map(Array.from({ length: 60 }, (_, i) => [`profile${i}`, OPUS]));
    await start().keep(aliases);
    expect(requests).toHaveLength(3);
    const later = start();
    await later.recall();
    await later.keep(aliases);
    expect(requests).toHaveLength(4);
    state.now += 33 * DAY_MS;
    await later.keep(aliases);
    expect(requests).toHaveLength(7);
  });

  it("go 64 days after they were last kept", async () => {
    const { start, state, items } = table();
    await start().keep(new Map([["profile1", OPUS]]));
    expect(items.get("profile1")).toMatchObject({ expires: { N: String((state.now + 64 * DAY_MS) / 1_000) } });
  });

  it("are forgotten by then, also by a process that lives on, and while DynamoDB still has them", async () => {
    const { start, state, items } = table();
    const living = start();
    await living.keep(new Map([["profile1", OPUS]]));
    state.now += 63 * DAY_MS;
    await start().keep(new Map([["profile2", OPUS]]));
    expect([...(await living.recall()).keys()]).toEqual(["profile1", "profile2"]);

    state.now += DAY_MS;
    expect(items.size).toBe(2);
    for (const process of [living, start()]) expect([...(await process.recall()).keys()]).toEqual(["profile2"]);
  });

  it("are not guessed at when they cannot be read, nor when somebody else wrote there", async () => {
    const { start, state, items } = table();
    items.set("profile1", { pk: { S: "aliases" }, sk: { S: "profile1" } });
    await expect(start().recall()).rejects.toThrow("profile1");
    state.broken = true;
    await expect(start().recall()).rejects.toThrow();
  });

  it("need permission for exactly what is sent", async () => {
    const { start, requests } = table();
    await start().recall();
    await start().keep(new Map([["profile1", OPUS]]));
    const place = { partition: "aws", account: "123456789012", region: "us-east-1", stage: "production" };
    expect(permissions(place, "table").flatMap(({ actions }) => actions)).toEqual(
      requests.map(({ operation }) => `dynamodb:${operation}`),
    );
  });
});
