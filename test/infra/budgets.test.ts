import { beforeAll, describe, expect, it } from "vitest";
import type { Filter } from "../../infra/billing-filter.ts";
import { mistakesOf } from "../../infra/mistakes.ts";
import { type BudgetSettings, settingsOf } from "../../infra/settings.ts";
import { enforcing, exampleStage, type Stage } from "./example-stage.ts";

const TOPIC = "arn:aws:sns:eu-central-1:123456789012:bedrock-governor-example-budget-notices";
const GOVERNOR = "arn:aws:lambda:eu-central-1:123456789012:function:bedrock-governor-example-reconcile";
const STACK = "aws:cloudformation/stack:Stack";
const budgets: Readonly<Record<string, BudgetSettings>> = {
  "bedrock-opus": { model: "anthropic.claude-opus-4-6-v1", amount: 1_000, timeUnit: "MONTHLY" },
  "bedrock-nova": { model: "amazon.nova-lite-v1:0", amount: 12.5, timeUnit: "DAILY" },
};

interface Declared {
  readonly Type: string;
  readonly Properties: {
    readonly Budget: Readonly<Record<string, unknown>> & { readonly FilterExpression: Filter };
    readonly NotificationsWithSubscribers: readonly {
      readonly Notification: Readonly<Record<string, unknown>>;
      readonly Subscribers: readonly unknown[];
    }[];
  };
}

const declared = (stage: Stage): readonly Declared[] =>
  stage.ofType(STACK).flatMap(({ inputs }) => {
    const { Resources } = JSON.parse(String(inputs.templateBody)) as { Resources: Record<string, Declared> };
    return Object.values(Resources);
  });

const stackNames = (stage: Stage) => stage.ofType(STACK).map(({ inputs }) => String(inputs.name));

describe("a stage's budgets", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await exampleStage({ ...enforcing, budgets });
  });
  const named = (name: string) => declared(stage).find(({ Properties }) => Properties.Budget.BudgetName === name);

  it("are costs in dollars, as much as the settings say, summed up before discounts are spread", () => {
    expect(declared(stage)).toHaveLength(2);
    expect(named("bedrock-opus")).toMatchObject({
      Type: "AWS::Budgets::Budget",
      Properties: {
        Budget: {
          BudgetType: "COST",
          BudgetLimit: { Amount: 1_000, Unit: "USD" },
          TimeUnit: "MONTHLY",
          Metrics: ["UnblendedCost"],
        },
      },
    });
  });

  it("tell at 50, 80 and 100 % spent, and when 100 % is forecast, on the stage's own topic", () => {
    const notices = named("bedrock-opus")?.Properties.NotificationsWithSubscribers ?? [];
    expect(notices.map(({ Notification }) => [Notification.NotificationType, Notification.Threshold])).toEqual([
      ["ACTUAL", 50],
      ["ACTUAL", 80],
      ["ACTUAL", 100],
      ["FORECASTED", 100],
    ]);
    for (const { Notification, Subscribers } of notices) {
      expect(Notification).toMatchObject({ ThresholdType: "PERCENTAGE", ComparisonOperator: "GREATER_THAN" });
      expect(Subscribers).toEqual([{ SubscriptionType: "SNS", Address: TOPIC }]);
    }
  });

  it("of a day are not forecast: AWS does not", () => {
    const notices = named("bedrock-nova")?.Properties.NotificationsWithSubscribers ?? [];
    expect(notices.map(({ Notification }) => Notification.NotificationType)).toEqual(["ACTUAL", "ACTUAL", "ACTUAL"]);
  });

  it("come after the topic's consent, which Budgets asks for at once", () => {
    const consent = stage.the("aws:sns/topicPolicy:TopicPolicy", "BudgetNotices");
    expect(stage.ofType(STACK).filter((stack) => stage.isAfter(stack, consent))).toHaveLength(2);
  });

  it("are no stack where there are none", async () => {
    expect((await exampleStage(enforcing)).ofType(STACK)).toEqual([]);
  });

  it("are as many as there are, however alike their names: a stack has room for some thirty, so each has its own", async () => {
    const model = "anthropic.claude-opus-4-6-v1";
    const names = ["a-b", "daily-budget-a", ...Array.from({ length: 40 }, (_, i) => `${"a-long-name-".repeat(4)}${i}`)];
    const many = names.map((name) => [name, { model, amount: 100, timeUnit: "MONTHLY" }] as const);
    const full = await exampleStage({ ...enforcing, budgets: Object.fromEntries(many) });
    expect(declared(full).map(({ Properties }) => Properties.Budget.BudgetName)).toEqual(names);
    expect(new Set(stackNames(full)).size).toBe(names.length);
    for (const name of stackNames(full)) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9-]{0,127}$/);
    for (const { inputs } of full.ofType(STACK)) expect(String(inputs.templateBody).length).toBeLessThan(51_200);
  });

  it("are made anew where their notices become others, which CloudFormation cannot change", async () => {
    const as = async (timeUnit: BudgetSettings["timeUnit"], amount: number) => {
      const one = { model: "*", amount, timeUnit };
      const made = await exampleStage({ ...enforcing, budgets: { "bedrock-all": one } });
      // Two budgets of one name there cannot be.
      expect(made.ofType(STACK).map(({ deleteBeforeReplace }) => deleteBeforeReplace)).toEqual([true]);
      return stackNames(made);
    };
    const monthly = await as("MONTHLY", 100);
    expect(await as("ANNUALLY", 900)).toEqual(monthly);
    expect(await as("DAILY", 100)).not.toEqual(monthly);
  });
});

describe("the topic of budgets", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await exampleStage(enforcing);
  });

  it("takes notices of AWS Budgets of this account, and of nobody else", () => {
    const { policy } = stage.the("aws:sns/topicPolicy:TopicPolicy", "BudgetNotices").inputs;
    expect(JSON.parse(String(policy)).Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "budgets.amazonaws.com" },
        Action: "sns:Publish",
        Resource: TOPIC,
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnLike: { "aws:SourceArn": "arn:aws:budgets::123456789012:*" },
        },
      },
    ]);
  });

  it("wakes the governor, also for budgets that were made elsewhere, and may by itself only", () => {
    expect(stage.the("aws:sns/topicSubscription:TopicSubscription", "BudgetNotices").inputs).toMatchObject({
      topic: TOPIC,
      protocol: "lambda",
      endpoint: GOVERNOR,
    });
    expect(stage.the("aws:lambda/permission:Permission", "BudgetNotices").inputs).toEqual({
      action: "lambda:InvokeFunction",
      function: "bedrock-governor-example-reconcile",
      principal: "sns.amazonaws.com",
      sourceArn: TOPIC,
    });
    expect(stage.outputs).toMatchObject({ budgetNotices: TOPIC });
  });

  it("wakes nobody once denies are being lifted for good", () => {
    const removal = stage.the("aws:lambda/invocation:Invocation");
    const subscription = stage.the("aws:sns/topicSubscription:TopicSubscription", "BudgetNotices");
    expect(stage.isAfter(subscription, removal)).toBe(true);
  });
});

describe("a mistake in a budget", () => {
  const right: BudgetSettings = { model: "anthropic.*", amount: 500, timeUnit: "MONTHLY" };
  const about = (name: string, budget: object) =>
    mistakesOf("example", { ...settingsOf("example"), budgets: { [name]: budget as BudgetSettings } });

  it("is not seen in one that is right", () => expect(about("bedrock-claude", right)).toEqual([]));

  it.each<[string, object, string]>([
    ["a model that is none", { ...right, model: "us.anthropic.Claude" }, '.model is "us.anthropic.Claude": write'],
    [
      "a model the bill's name of which is not known",
      { ...right, model: "cohere.*" },
      '.model is "cohere.*", of which is not known what the bill calls it: mend it, or add billedAs, as in',
    ],
    [
      "a typing error",
      { ...right, model: "amazon.nvoa-lite-v1:0" },
      "not known what the bill calls it: mend it, or add",
    ],
    [
      "a family without its first word",
      { ...right, model: "anthropic.opus-*" },
      'not known what the bill calls it: write "anthropic.claude-opus-*", or add billedAs',
    ],
    ["an amount of nothing", { ...right, amount: 0 }, ".amount is 0: write US dollars, above 0."],
    ["an amount in words", { ...right, amount: "500" }, '.amount is "500"'],
    ["a time unit that is none", { ...right, timeUnit: "WEEKLY" }, "write DAILY, MONTHLY, QUARTERLY, ANNUALLY"],
    ["a name that is none of a field", { ...right, limit: 3 }, "has no limit: write model, amount, timeUnit, billedAs"],
    ["an empty billedAs", { ...right, billedAs: {} }, ".billedAs names nothing"],
    ["a billedAs of empty lists", { ...right, billedAs: { services: [], usageTypes: [] } }, ".billedAs names nothing"],
    [
      "a number for services",
      { ...right, billedAs: { services: 5 } },
      ".billedAs.services is 5: write a list of names as Cost Explorer shows them.",
    ],
    [
      "a text for usage types",
      { ...right, billedAs: { services: ["Command R+"], usageTypes: "Llama3" } },
      '.billedAs.usageTypes is "Llama3": write a list',
    ],
    ["a name of spaces", { ...right, billedAs: { services: [" "] } }, '.billedAs.services is [" "]: write a list'],
    [
      "a misspelt key beside a right one",
      { ...right, billedAs: { services: ["Command R+"], usagetypes: ["Llama3"] } },
      ".billedAs has no usagetypes: write services, usageTypes.",
    ],
  ])("is said in one sentence: %s", (_, budget, sentence) => {
    const [first = "", ...others] = about("b", budget);
    expect(first).toContain('Stage example, in infra/settings.ts: budgets["b"]');
    expect(first).toContain(sentence);
    expect(others).toEqual([]);
  });

  it.each([["with:colon"], [" ahead"], ["behind "], ["x".repeat(61)], [""]])("is a name such as %j", (name) => {
    expect(about(name, right)[0]).toContain("budgets names one");
  });
});
