import { expect, it } from "vitest";
import { createAccount } from "../on-moto/account.ts";
import { describeWithAws, OPUS } from "../support/aws-front/describe-with-aws.ts";

describeWithAws("a stage that governs some principals", (aws) => {
  it("denies those it was deployed for, and asks IAM for no other", async () => {
    const account = await createAccount(aws(), {
      GOVERNOR_GOVERNED_PRINCIPALS: '["arn:aws:iam::123456789012:role/team/*"]',
    });
    await account.createRole("alice", "/team/");
    await account.createRole("bob", "/other/");
    await account.set("mode", "enforce");
    const limit = {
      models: [OPUS],
      source: "metrics",
      measure: "totalTokens",
      per: [],
      period: "day",
      threshold: 1_000,
    };
    await account.set("limits/opus", { ...limit, principals: ["role/*"] });
    await account.use(5_000);
    expect(await account.startReconciler().invoke()).toMatchObject({ changed: 1 });
    expect(await account.attached("role/alice")).toHaveLength(1);
    const attached = aws().front.calls.filter(({ action }) => action === "AttachRolePolicy");
    expect(attached.map(({ input }) => input.RoleName)).toEqual(["alice"]);
  });
});
