import { BudgetsClient, CreateBudgetCommand, DeleteBudgetCommand } from "@aws-sdk/client-budgets";
import { createBudgetsUsage } from "@bedrock-governor/aws/budgets/usage";
import type { UsageQuery } from "@bedrock-governor/core/reconcile/ports";
import { expect, it } from "vitest";
import { describeWithMoto } from "../support/describe-with-moto.ts";

const TEN_DAYS_MS = 10 * 86_400_000;

const ask = (name: string): UsageQuery => ({
  source: `budget:${name}`,
  measure: "usd",
  models: ["*"],
  span: undefined,
});

/** What moto does not play (paging, health that changes, periods that end) is in test/aws/budgets. */
describeWithMoto("usage from AWS Budgets, on moto", (moto) => {
  const scene = () => {
    const client = new BudgetsClient({ ...moto().client, maxAttempts: 1 });
    const { account } = moto();
    return {
      port: createBudgetsUsage({ budgets: client, account, now: Date.now }),
      create: (BudgetName: string, spent?: string) =>
        client.send(
          new CreateBudgetCommand({
            AccountId: account,
            Budget: {
              BudgetName,
              BudgetType: "COST",
              // Not begun today: then nothing would be known of it.
              TimeUnit: "CUSTOM",
              TimePeriod: { Start: new Date(Date.now() - TEN_DAYS_MS), End: new Date(Date.now() + TEN_DAYS_MS) },
              BudgetLimit: { Amount: "100", Unit: "USD" },
              ...(spent !== undefined && { CalculatedSpend: { ActualSpend: { Amount: spent, Unit: "USD" } } }),
            },
          }),
        ),
      remove: (BudgetName: string) => client.send(new DeleteBudgetCommand({ AccountId: account, BudgetName })),
    };
  };

  it("is each budget's actual spend and amount, one reading per query", async () => {
    const { port, create } = scene();
    await create("opus", "64.25");
    await create("untouched");
    const [opus, untouched, again] = await port.read([ask("opus"), ask("untouched"), ask("opus")]);
    expect(opus).toMatchObject({ status: "known", table: { amounts: Float64Array.of(64.25) }, threshold: 100 });
    expect(untouched).toMatchObject({ status: "known", table: { amounts: Float64Array.of(0) } });
    expect(again).toEqual(opus);
    const span = opus?.status === "known" ? opus.span : { start: Number.NaN, end: Number.NaN };
    expect(span.start).toBeLessThanOrEqual(Date.now());
    expect(span.end).toBeGreaterThan(Date.now());
    expect(opus?.status === "known" && opus.asOf).toBeGreaterThan(span.start);
  });

  it("is unknown for a budget that is not there, or no longer", async () => {
    const { port, create, remove } = scene();
    await create("opus", "64.25");
    expect(await port.read([ask("opuss")])).toMatchObject([{ why: expect.stringContaining('is "opus" meant?') }]);
    await remove("opus");
    port.forget();
    expect(await port.read([ask("opus")])).toMatchObject([{ why: expect.stringContaining("there is no budget") }]);
  });
});
