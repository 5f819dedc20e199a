import { createKeptPriceRules } from "@bedrock-governor/aws/dynamodb/price-rules";
import { expect, it } from "vitest";
import { describeWithAws } from "../support/aws-front/describe-with-aws.ts";
import { createAccount } from "./account.ts";

const DISCOUNT = { models: ["*"], multiplier: 0.85 };

describeWithAws("price rules on emulated AWS", (aws) => {
  it.each([
    ["are kept for the meters where a region is metered", { GOVERNOR_METERING: "us-east-1" }, 1],
    ["are not written where nothing is metered: nobody would read them", {}, 0],
  ])("%s", async (_, metering, kept) => {
    const account = await createAccount(aws(), metering);
    await account.set("prices/discount", DISCOUNT);
    await account.startReconciler().invoke();
    expect(await createKeptPriceRules(account).read()).toHaveLength(kept);
  });
});
