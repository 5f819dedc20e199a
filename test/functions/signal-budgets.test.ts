import { createInstruments } from "@bedrock-governor/functions/instruments";
import { createMetrics } from "@bedrock-governor/functions/logging";
import { noticedBudget } from "@bedrock-governor/functions/noticed-budget";
import { createReconcileHandler } from "@bedrock-governor/functions/reconcile-handler";
import { signalOf } from "@bedrock-governor/functions/signal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lambdaContext } from "../support/lambda-context.ts";
import { createWorld, DEPLOYMENT } from "../support/world.ts";
import { captureOutput } from "./output.ts";

const output = captureOutput();

const SUBJECT = "AWS Budgets: bedrock-monthly has exceeded your alert threshold";
const PROSE = `AWS Budget Notification November 22, 2026
AWS Account 111122223333

Budget Name: bedrock-monthly
Budget Type: Cost
Budgeted Amount: $100.00
Alert Type: ACTUAL
Alert Threshold: > $80.00
ACTUAL Amount: $99,999.00
`;

const byTopic = (Message: unknown, Subject: unknown = SUBJECT) => ({
  Records: [{ EventSource: "aws:sns", Sns: { MessageId: "m-1", Subject, Message } }],
});

/** The reconcile function on an account in memory, and how often it let go of what it knew of budgets. */
function reconciler() {
  const world = createWorld();
  let forgotten = 0;
  const handler = createReconcileHandler({
    ...createInstruments(DEPLOYMENT),
    metrics: createMetrics(DEPLOYMENT),
    now: world.clock.now,
    reconcile: (deadline, how) => world.run(deadline, how),
    lastSuccess: { read: async () => undefined, write: async () => {} },
    budgetsMoved: () => {
      forgotten++;
    },
  });
  return { invoke: (event: unknown) => handler(event, lambdaContext(60_000)), forgotten: () => forgotten };
}

describe("a notice of AWS Budgets", () => {
  it("makes the function ask Budgets again, and names the budget in its log", async () => {
    const { invoke, forgotten } = reconciler();
    await invoke(byTopic(PROSE));
    await invoke(byTopic(PROSE));
    expect(forgotten()).toBe(2);
    const signal = { source: "aws.sns", id: "m-1", budget: "bedrock-monthly" };
    expect(output.logged("woken")).toMatchObject([{ signal }, { signal }]);
    expect(output.text()).not.toContain("99,999");
  });

  it("alone does so", async () => {
    const { invoke, forgotten } = reconciler();
    for (const source of ["aws.events", "aws.ssm", "bedrock-governor.signal"]) await invoke({ source });
    await invoke({});
    expect(forgotten()).toBe(0);
  });

  it.each([
    ["prose", "", PROSE],
    ["prose with Windows' ends of lines", "", PROSE.replaceAll("\n", "\r\n")],
    ["only a subject", SUBJECT, ""],
    ["JSON", "", '{"budgetName":"bedrock-monthly","amount":7}'],
    ["JSON in AWS's own spelling", "", '{"BudgetName":"bedrock-monthly"}'],
    ["JSON with the budget in it", "", '{"version":"0","budget":{"name":"bedrock-monthly"}}'],
  ])("tells its budget in %s", (_, subject, message) => {
    expect(noticedBudget(subject, message)).toBe("bedrock-monthly");
  });

  it.each([
    ["no text", 7, 7],
    ["nothing", null, null],
    ["something else", "hello", "hello"],
    ["broken JSON", '{"budgetName": "bedr', ""],
    ["JSON of something else", "[1, null, { }]", ""],
    ["a name of nothing", "Budget Name: \u0000\u200b \n", ""],
  ])("wakes where it is %s, without a name", async (_, message, subject) => {
    const { invoke, forgotten } = reconciler();
    await invoke(byTopic(message, subject));
    expect(forgotten()).toBe(1);
    expect(output.logged("woken").at(-1)).toMatchObject({ signal: { source: "aws.sns", id: "m-1" } });
    expect(output.logged("woken").at(-1)).not.toHaveProperty("signal.budget");
  });

  it("puts no more of a hostile name into the log than AWS allows a budget, on one line", () => {
    const hostile = fc.string({ unit: "binary", maxLength: 500 });
    fc.assert(
      fc.property(hostile, hostile, (subject, text) => {
        for (const message of [text, `Budget Name: ${text}`, JSON.stringify({ budgetName: text })]) {
          const { budget = "" } = signalOf(
            byTopic(message, `AWS Budgets: ${subject} has exceeded your alert threshold`),
          );
          expect(budget.length).toBeLessThanOrEqual(100);
          expect(budget).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});
