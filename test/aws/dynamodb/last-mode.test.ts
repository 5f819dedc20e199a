import { createLastMode, permissions } from "@bedrock-governor/aws/dynamodb/last-mode";
import { expect, it } from "vitest";
import { scriptedDynamodb } from "./scripted-dynamodb.ts";

it("rejects a last mode that is none: a guess could lift every deny", async () => {
  const { dynamodb } = scriptedDynamodb(() => ({ output: { Item: { mode: { S: "enforced" } } } }));
  await expect(createLastMode({ dynamodb, table: "table" }).read()).rejects.toThrow('"enforced"');
});

it("needs permission for exactly what it sends", async () => {
  const { dynamodb, requests } = scriptedDynamodb(() => ({ output: {} }));
  const lastMode = createLastMode({ dynamodb, table: "table" });
  expect(await lastMode.read()).toBeUndefined();
  await lastMode.write("observe");
  const place = { partition: "aws", account: "123456789012", region: "us-east-1", stage: "production" };
  expect(permissions(place, "table").flatMap(({ actions }) => actions)).toEqual(
    requests.map(({ operation }) => `dynamodb:${operation}`),
  );
  expect(requests[0]?.input.ConsistentRead).toBe(true);
});
