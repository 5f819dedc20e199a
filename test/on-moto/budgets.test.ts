import { BudgetsClient, CreateBudgetCommand, DeleteBudgetCommand } from "@aws-sdk/client-budgets";
import { expect, it } from "vitest";
import { describeWithAws, type EmulatedAws } from "../support/aws-front/describe-with-aws.ts";
import { createAccount, MINUTE_MS, openAccount } from "./account.ts";

const LIMIT = {
  models: ["anthropic.*"],
  principals: ["role/team/*"],
  source: "budget:bedrock-monthly",
  steps: [
    { at: 80, notify: true },
    { at: 100, deny: true },
  ],
};

/** Of a month, as seen from this one. */
const startOf = (months: number): number => {
  const today = new Date();
  return Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + months, 1);
};

const prose = (budget: string, type: "ACTUAL" | "FORECASTED") =>
  `AWS Budget Notification November 22, 2026
AWS Account 123456789012

Dear AWS Customer,

You requested that we alert you when the ${type} Cost associated with your ${budget} budget is greater than $80.00 for the current month. You can find additional details below and by accessing the AWS Budgets dashboard [1].

Budget Name: ${budget}
Budget Type: Cost
Budgeted Amount: $100.00
Alert Type: ${type}
Alert Threshold: > $80.00
${type} Amount: $99,999.00

[1] https://console.aws.amazon.com/billing/home#/budgets
`;

/** As Lambda is invoked by SNS. */
const notice = (Message: string, budget = "bedrock-monthly") => ({
  Records: [
    {
      EventSource: "aws:sns",
      EventVersion: "1.0",
      EventSubscriptionArn: "arn:aws:sns:us-east-1:123456789012:bedrock-governor-test-budget-notices:1",
      Sns: {
        Type: "Notification",
        MessageId: "254078db-ff09-5f4f-8c04-266076dcf322",
        TopicArn: "arn:aws:sns:us-east-1:123456789012:bedrock-governor-test-budget-notices",
        Subject: `AWS Budgets: ${budget} has exceeded your alert threshold`,
        Message,
        Timestamp: "2026-11-22T03:23:01.482Z",
      },
    },
  ],
});

const asJson = (budget: string) =>
  JSON.stringify({ budgetName: budget, alertType: "ACTUAL", actualAmount: { amount: 99_999, unit: "USD" } });

describeWithAws("limits on AWS Budgets, on emulated AWS", (aws) => {
  async function budgetAccount(emulated: EmulatedAws, at?: number) {
    const account = at === undefined ? await createAccount(emulated) : openAccount(emulated, at);
    if (at !== undefined) await account.deployStorage();
    const budgets = new BudgetsClient({ ...emulated.moto.client, endpoint: emulated.front.endpoint });
    const AccountId = emulated.moto.account;
    await account.createRole("alice", "/team/");
    await account.set("mode", "enforce");
    await account.set("limits/bedrock", LIMIT);
    const remove = (BudgetName = "bedrock-monthly") => budgets.send(new DeleteBudgetCommand({ AccountId, BudgetName }));
    const create = (spent: string, BudgetName = "bedrock-monthly") =>
      budgets.send(
        new CreateBudgetCommand({
          AccountId,
          Budget: {
            BudgetName,
            BudgetType: "COST",
            // It is updated now, and nothing is known of a period that has just begun.
            TimeUnit: "QUARTERLY",
            TimePeriod: { Start: new Date(startOf(-2)), End: new Date(startOf(24)) },
            BudgetLimit: { Amount: "100", Unit: "USD" },
            CalculatedSpend: { ActualSpend: { Amount: spent, Unit: "USD" } },
            HealthStatus: { Status: "HEALTHY" },
          },
        }),
      );
    return {
      ...account,
      create,
      remove,
      /** What billing does three times a day. */
      async bill(spent: string) {
        await remove();
        await create(spent);
      },
      reads: () => emulated.front.calls.filter(({ service }) => service === "budgets").length,
      told: () => account.told().map(({ type }) => type),
    };
  }

  it("denies who has a budget that is spent, and lifts when the bill is less", async () => {
    const account = await budgetAccount(aws());
    await account.create("85.50");
    const reconciler = account.startReconciler();
    await reconciler.invoke();
    expect([await account.attached("role/alice"), account.told()]).toEqual([[], ["Limit Warned"]]);

    await account.bill("100.00");
    account.pass(5 * MINUTE_MS);
    await reconciler.invoke();
    expect(await account.attached("role/alice")).toHaveLength(1);

    await account.bill("12");
    account.pass(5 * MINUTE_MS);
    await reconciler.invoke();
    expect(await account.attached("role/alice")).toEqual([]);
    expect(account.told()).toEqual(["Limit Warned", "Access Denied", "Access Lifted"]);
  });

  it.each([
    ["prose, ACTUAL", notice(prose("bedrock-monthly", "ACTUAL"))],
    ["prose, FORECASTED", notice(prose("bedrock-monthly", "FORECASTED"))],
    ["JSON", notice(asJson("bedrock-monthly"))],
    ["a budget nobody named", notice(prose("storage", "ACTUAL"), "storage")],
    ["no budget at all", notice("hello")],
  ])("is woken by a notice (%s), twice, and believes none of its numbers", async (_, event) => {
    const account = await budgetAccount(aws());
    await account.create("12");
    const reconciler = account.startReconciler();
    await reconciler.invoke();
    await reconciler.invoke();
    expect(account.reads()).toBe(1);

    for (const _twice of [1, 2]) await reconciler.invoke(event);
    expect(account.reads()).toBe(3);
    expect([await account.attached("role/alice"), account.told()]).toEqual([[], []]);
  });

  it("asks Budgets itself when it is told, and does not wait for the next reading", async () => {
    const account = await budgetAccount(aws());
    await account.create("12");
    const reconciler = account.startReconciler();
    await reconciler.invoke();
    await account.bill("100.00");
    account.pass(MINUTE_MS);
    await reconciler.invoke();
    expect(await account.attached("role/alice")).toEqual([]);
    await reconciler.invoke(notice(prose("bedrock-monthly", "ACTUAL")));
    expect(await account.attached("role/alice")).toHaveLength(1);
  });

  it("holds what it denied when the budget is gone or may not be read, and denies nobody else", async () => {
    const account = await budgetAccount(aws());
    await account.create("100");
    const reconciler = account.startReconciler();
    await reconciler.invoke();
    await account.createRole("bob", "/team/");
    await account.remove();
    account.pass(6 * MINUTE_MS);
    await reconciler.invoke();
    aws().front.fail(({ service }) => service === "budgets", "access denied", "always");
    account.pass(6 * MINUTE_MS);
    await reconciler.invoke();
    expect(await account.attached("role/alice")).toHaveLength(1);
    expect(await account.attached("role/bob")).toEqual([]);
    expect(account.told()).toContain("Usage Unknown");
  });

  it("denies nobody in a new period for what the last one cost, and lifts nobody before there is a new bill", async () => {
    const account = await budgetAccount(aws(), startOf(1) - 2 * MINUTE_MS);
    await account.create("100");
    const reconciler = account.startReconciler();
    await reconciler.invoke();
    expect(await account.attached("role/alice")).toHaveLength(1);
    await account.createRole("bob", "/team/");
    account.pass(6 * MINUTE_MS);
    await reconciler.invoke(notice(prose("bedrock-monthly", "ACTUAL")));
    expect([await account.attached("role/alice"), await account.attached("role/bob")]).toEqual([
      [expect.any(String)],
      [],
    ]);
  });
});
