import { createLastSuccess, permissions } from "@bedrock-governor/aws/dynamodb/last-success";
import { expect, it } from "vitest";
import { scriptedDynamodb } from "./scripted-dynamodb.ts";

it("remembers when a run last succeeded, and knows of none at first", async () => {
  let item: object | undefined;
  const { dynamodb } = scriptedDynamodb(({ operation, input }) => {
    if (operation === "PutItem") item = (input as { Item?: object }).Item;
    return { output: item === undefined ? {} : { Item: item } };
  });
  const lastSuccess = createLastSuccess({ dynamodb, table: "table" });
  expect(await lastSuccess.read()).toBeUndefined();
  await lastSuccess.write(1_767_614_400_000);
  expect(await lastSuccess.read()).toBe(1_767_614_400_000);
});

it.each([{}, { at: { S: "yesterday" } }, { at: { N: "NaN" } }])("rejects %j, which is no time", async (Item) => {
  const { dynamodb } = scriptedDynamodb(() => ({ output: { Item } }));
  await expect(createLastSuccess({ dynamodb, table: "table" }).read()).rejects.toThrow("is none");
});

it("needs permission for exactly what it sends", async () => {
  const { dynamodb, requests } = scriptedDynamodb(() => ({ output: {} }));
  const lastSuccess = createLastSuccess({ dynamodb, table: "table" });
  await lastSuccess.read();
  await lastSuccess.write(1);
  const place = { partition: "aws", account: "123456789012", region: "us-east-1", stage: "production" };
  expect(permissions(place, "table").flatMap(({ actions }) => actions)).toEqual(
    requests.map(({ operation }) => `dynamodb:${operation}`),
  );
});
