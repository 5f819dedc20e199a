import { beforeAll, describe, expect, it } from "vitest";
import { billingFilter, type Filter } from "../../infra/billing-filter.ts";
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

function declared(stage: Stage): readonly Declared[] {
  const { templateBody } = stage.the(STACK, "Budgets").inputs;
  return Object.values((JSON.parse(String(templateBody)) as { Resources: Record<string, Declared> }).Resources);
}

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
    expect(stage.isAfter(stage.the(STACK, "Budgets"), consent)).toBe(true);
  });

  it("are no stack where there are none", async () => {
    expect((await exampleStage(enforcing)).ofType(STACK)).toEqual([]);
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

describe("what a budget counts", () => {
  const withoutCredits: Filter = {
    Not: { Dimensions: { Key: "RECORD_TYPE", Values: ["Credit", "Refund"], MatchOptions: ["EQUALS"] } },
  };
  const service = (match: "EQUALS" | "STARTS_WITH" | "ENDS_WITH" | "CONTAINS", ...Values: string[]): Filter => ({
    Dimensions: { Key: "SERVICE", Values, MatchOptions: [match] },
  });
  const usage = (...Values: string[]): Filter => ({
    Dimensions: { Key: "USAGE_TYPE", Values, MatchOptions: ["CONTAINS"] },
  });
  const EDITION = " (Amazon Bedrock Edition)";

  it.each<[string, Filter[]]>([
    ["anthropic.claude-opus-4-6-v1", [service("EQUALS", `Claude Opus 4.6${EDITION}`, `Claude 4.6 Opus${EDITION}`)]],
    [
      "anthropic.claude-3-5-sonnet-20241022-v2:0",
      [service("EQUALS", `Claude Sonnet 3.5 v2${EDITION}`, `Claude 3.5 Sonnet v2${EDITION}`)],
    ],
    ["anthropic.*", [service("STARTS_WITH", "Claude"), service("ENDS_WITH", EDITION)]],
    [
      "anthropic.claude-opus-4*",
      [
        service("STARTS_WITH", "Claude"),
        service("ENDS_WITH", EDITION),
        service("CONTAINS", "Opus"),
        service("CONTAINS", " 4"),
      ],
    ],
    ["amazon.nova-lite-v1:0", [service("EQUALS", "Amazon Bedrock"), usage("NovaLite")]],
    ["amazon.nova-*", [service("EQUALS", "Amazon Bedrock"), usage("Nova")]],
    ["amazon.*", [service("EQUALS", "Amazon Bedrock"), usage("Nova", "Titan")]],
    ["*", [{ Or: [service("EQUALS", "Amazon Bedrock"), service("ENDS_WITH", EDITION)] }]],
  ])("of %s is told by the bill's own names, without credits and refunds", (model, parts) => {
    expect(billingFilter({ model })).toEqual({ And: [...parts, withoutCredits] });
  });

  it("is what the settings say where the bill's names cannot be told", () => {
    const named = { services: [`Command R+${EDITION}`] };
    expect(billingFilter({ model: "cohere.command-r-plus-v1:0" })).toBeUndefined();
    expect(billingFilter({ model: "cohere.command-r-plus-v1:0", billedAs: named })).toEqual({
      And: [service("EQUALS", `Command R+${EDITION}`), withoutCredits],
    });
    expect(billingFilter({ model: "meta.*", billedAs: { usageTypes: ["Llama3"] } })).toEqual({
      And: [service("EQUALS", "Amazon Bedrock"), usage("Llama3"), withoutCredits],
    });
    expect(billingFilter({ model: "meta.*", billedAs: { ...named, usageTypes: ["Llama3"] } })).toEqual({
      And: [{ Or: [service("EQUALS", `Command R+${EDITION}`), usage("Llama3")] }, withoutCredits],
    });
  });
});

describe("a mistake in a budget", () => {
  const right: BudgetSettings = { model: "anthropic.*", amount: 500, timeUnit: "MONTHLY" };
  const about = (name: string, budget: object) =>
    mistakesOf("example", { ...settingsOf("example"), budgets: { [name]: budget as BudgetSettings } });

  it("is not seen in one that is right", () => expect(about("bedrock-claude", right)).toEqual([]));

  it.each<[string, object, string]>([
    ["a model that is none", { ...right, model: "us.anthropic.Claude" }, '.model is "us.anthropic.Claude": write'],
    ["a model the bill's name of which is not known", { ...right, model: "cohere.*" }, "add billedAs"],
    ["an amount of nothing", { ...right, amount: 0 }, ".amount is 0: write US dollars, above 0."],
    ["an amount in words", { ...right, amount: "500" }, '.amount is "500"'],
    ["a time unit that is none", { ...right, timeUnit: "WEEKLY" }, "write DAILY, MONTHLY, QUARTERLY, ANNUALLY"],
    ["a name that is none of a field", { ...right, limit: 3 }, "has no limit: write model, amount, timeUnit, billedAs"],
    ["an empty billedAs", { ...right, billedAs: {} }, ".billedAs names nothing"],
  ])("is said in one sentence: %s", (_, budget, sentence) => {
    const [first = "", ...others] = about("b", budget);
    expect(first).toContain('Stage example, in infra/settings.ts: budgets["b"]');
    expect(first).toContain(sentence);
    expect(others).toEqual([]);
  });

  it.each([["with:colon"], [" ahead"], ["behind "], ["x".repeat(81)], [""]])("is a name such as %j", (name) => {
    expect(about(name, right)[0]).toContain("budgets names one");
  });
});
