import { createKeptPriceRules, permissions, readPermissions } from "@bedrock-governor/aws/dynamodb/price-rules";
import type { PriceRule } from "@bedrock-governor/core/limit/settings";
import { describe, expect, it } from "vitest";
import { fakeTable } from "./fake-dynamodb.ts";

const rule = (multiplier: number): PriceRule => ({ name: "discount", models: ["*"], price: { multiplier } });

function setUp() {
  const table = fakeTable();
  return { table, start: () => createKeptPriceRules({ dynamodb: table.client(), table: "table" }) };
}

describe("price rules in the table", () => {
  it("are known to every process, and none before anybody kept one", async () => {
    const { start } = setUp();
    expect(await start().read()).toEqual([]);
    await start().keep([rule(0.85)]);
    expect(await start().read()).toEqual([rule(0.85)]);
  });

  it("are written once by a process, and when they change", async () => {
    const { start, table } = setUp();
    const rules = start();
    await rules.keep([rule(0.85)]);
    await rules.keep([rule(0.85)]);
    await rules.keep([rule(0.9)]);
    expect(table.calls.map(({ operation }) => operation)).toEqual(["PutItem", "PutItem"]);
  });

  it("are not guessed at when somebody else wrote there", async () => {
    const { start, table } = setUp();
    await start().keep([]);
    const [item = {}] = table.items();
    Reflect.deleteProperty(item, "rules");
    await expect(start().read()).rejects.toThrow("price rules that are none");
  });

  it("need permission for exactly what is sent", async () => {
    const place = { partition: "aws", account: "111122223333", region: "us-east-1", stage: "test" };
    const { start, table } = setUp();
    await start().keep([]);
    await start().read();
    const declared = [...permissions(place, "table"), ...readPermissions(place, "table")];
    expect(declared.flatMap(({ actions }) => actions)).toEqual(
      table.calls.map(({ operation }) => `dynamodb:${operation}`),
    );
    for (const { condition } of declared)
      expect(condition).toEqual({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["settings"] } });
  });
});
