import { billingFilter } from "./billing-filter.ts";
import { governor } from "./governor.ts";
import { removal } from "./removal.ts";
import { arn, named, place, settings } from "./stage.ts";

/**
 * Where AWS Budgets tells that something was spent. It only wakes the governor, which then asks Budgets itself, so
 * budgets that were made elsewhere may tell it here too. Not encrypted by KMS: AWS's own key for SNS lets Budgets
 * publish nothing.
 */
export const budgetNotices = new aws.sns.Topic("BudgetNotices", { name: named("budget-notices") });

/** https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html */
const consent = new aws.sns.TopicPolicy("BudgetNotices", {
  arn: budgetNotices.arn,
  policy: budgetNotices.arn.apply((Resource) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "budgets.amazonaws.com" },
          Action: "sns:Publish",
          Resource,
          Condition: {
            StringEquals: { "aws:SourceAccount": place.account },
            ArnLike: { "aws:SourceArn": arn("budgets", "*", "") },
          },
        },
      ],
    }),
  ),
});

/** Nothing may wake what is being removed. */
const after = removal ? [removal] : [];
const { name: functionName, arn: functionArn } = governor.nodes.function;
const permission = new aws.lambda.Permission(
  "BudgetNotices",
  {
    function: functionName,
    action: "lambda:InvokeFunction",
    principal: "sns.amazonaws.com",
    sourceArn: budgetNotices.arn,
  },
  { dependsOn: after },
);
new aws.sns.TopicSubscription(
  "BudgetNotices",
  { topic: budgetNotices.arn, protocol: "lambda", endpoint: functionArn },
  { dependsOn: [permission, ...after] },
);

const budgets = Object.entries(settings.budgets);

/**
 * By CloudFormation: Pulumi's own resource can say what a budget filters, and not what it then sums up, which
 * [Budgets does not take](https://github.com/hashicorp/terraform-provider-aws/issues/46866).
 */
if (budgets.length > 0) {
  new aws.cloudformation.Stack(
    "Budgets",
    {
      name: named("budgets"),
      templateBody: budgetNotices.arn.apply((topic) => JSON.stringify(template(topic))),
    },
    // Budgets asks at once whether it may publish.
    { dependsOn: [consent] },
  );
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-budgets-budget.html */
const template = (topic: string) => ({
  AWSTemplateFormatVersion: "2010-09-09",
  Description: `Budgets of stage ${place.stage} of Bedrock Governor`,
  Resources: Object.fromEntries(
    budgets.map(([name, { model, billedAs, amount, timeUnit }]) => [
      logicalId(name),
      {
        Type: "AWS::Budgets::Budget",
        Properties: {
          Budget: {
            BudgetName: name,
            BudgetType: "COST",
            BudgetLimit: { Amount: amount, Unit: "USD" },
            TimeUnit: timeUnit,
            FilterExpression: billingFilter({ model, ...(billedAs && { billedAs }) }),
            Metrics: ["UnblendedCost"],
          },
          NotificationsWithSubscribers: noticesOf(timeUnit).map((Notification) => ({
            Notification,
            Subscribers: [{ SubscriptionType: "SNS", Address: topic }],
          })),
        },
      },
    ]),
  ),
});

/** Letters and digits alone, the same for a name whatever else is in the settings: it is what keeps a budget the same. */
const logicalId = (name: string): string =>
  `Budget${name.replace(/[^A-Za-z0-9]/g, (character) => `x${character.charCodeAt(0).toString(16)}`)}`;

/** AWS [forecasts no day](https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create.html). */
function noticesOf(timeUnit: string) {
  const actual = [50, 80, 100].map((threshold) => notice("ACTUAL", threshold));
  return timeUnit === "DAILY" ? actual : [...actual, notice("FORECASTED", 100)];
}

const notice = (NotificationType: "ACTUAL" | "FORECASTED", Threshold: number) => ({
  NotificationType,
  Threshold,
  ThresholdType: "PERCENTAGE",
  ComparisonOperator: "GREATER_THAN",
});
