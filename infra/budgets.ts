import { billingFilter } from "./billing-filter.ts";
import { governor } from "./governor.ts";
import { removal } from "./removal.ts";
import type { BudgetSettings } from "./settings.ts";
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

/**
 * By CloudFormation: Pulumi's own resource can say what a budget filters, and not what it then sums up, which
 * [Budgets does not take](https://github.com/hashicorp/terraform-provider-aws/issues/46866). In a stack each, since one
 * has room for 51,200 bytes.
 */
for (const [name, budget] of Object.entries(settings.budgets)) {
  new aws.cloudformation.Stack(
    `Budget-${name}`,
    {
      name: stackOf(name, budget.timeUnit),
      templateBody: budgetNotices.arn.apply((topic) => JSON.stringify(template(name, budget, topic))),
    },
    // Budgets asks at once whether it may publish, and has no two budgets of a name.
    { dependsOn: [consent], deleteBeforeReplace: true },
  );
}

/**
 * Another where the notices are others: CloudFormation
 * [makes a budget anew](https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/365) to change
 * them, before it deletes the one that has the name. So the stack is replaced.
 */
function stackOf(name: string, timeUnit: BudgetSettings["timeUnit"]): string {
  return named(`${timeUnit === "DAILY" ? "daily-budget" : "budget"}-${name}`);
}

function template(name: string, { model, billedAs, amount, timeUnit }: BudgetSettings, topic: string) {
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `Budget ${name} of stage ${place.stage} of Bedrock Governor`,
    Resources: {
      Budget: {
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
    },
  };
}

/** AWS [forecasts no day](https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create.html). */
function noticesOf(timeUnit: BudgetSettings["timeUnit"]) {
  const actual = [50, 80, 100].map((threshold) => notice("ACTUAL", threshold));
  return timeUnit === "DAILY" ? actual : [...actual, notice("FORECASTED", 100)];
}

function notice(NotificationType: "ACTUAL" | "FORECASTED", Threshold: number) {
  return { NotificationType, Threshold, ThresholdType: "PERCENTAGE", ComparisonOperator: "GREATER_THAN" };
}
