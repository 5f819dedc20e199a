import { permissions as catalogue } from "@bedrock-governor/aws/bedrock/catalogue";
import { permissions as budgets } from "@bedrock-governor/aws/budgets/usage";
import { permissions as usage } from "@bedrock-governor/aws/cloudwatch/usage";
import { permissions as journal } from "@bedrock-governor/aws/dynamodb/journal";
import { permissions as knownAliases } from "@bedrock-governor/aws/dynamodb/known-aliases";
import { permissions as lastMode } from "@bedrock-governor/aws/dynamodb/last-mode";
import { permissions as lastSuccess } from "@bedrock-governor/aws/dynamodb/last-success";
import { permissions as priceRules } from "@bedrock-governor/aws/dynamodb/price-rules";
import { healthPermissions } from "@bedrock-governor/aws/dynamodb/usage/health";
import { readerPermissions } from "@bedrock-governor/aws/dynamodb/usage/permissions";
import { permissions as announcer } from "@bedrock-governor/aws/eventbridge/announcer";
import { accessPermissions, directoryPermissions } from "@bedrock-governor/aws/iam/permissions";
import { permissions as publisherCall } from "@bedrock-governor/aws/lambda/permissions";
import { permissions as parameters } from "@bedrock-governor/aws/ssm/permissions";
import { deadLetters } from "./dead-letters.ts";
import { publisher, publisherName } from "./deny-policies.ts";
import { createFunction } from "./function.ts";
import { meteredRegions } from "./metered-regions.ts";
import { busName } from "./notifications.ts";
import { removal } from "./removal.ts";
import { arn, named, place, settings } from "./stage.ts";
import { allow, deny, type Statement } from "./statements.ts";
import { table } from "./storage.ts";

const metered = meteredRegions.map(({ region }) => region);
/** The alarms are the stage's own wherever they are, and a line for each region would leave no room for patterns. */
const ANY_REGION = ["*"];
const enforces = settings.enforcement === "on";
/** Of every stage in the account. */
const ownRoles = arn("iam", `role/${$app.name}/*`, "");

export const governorName = named("reconcile");

export const governor = createFunction("Reconcile", {
  name: "reconcile",
  description: "Holds Bedrock use against its limits; attaches and detaches deny policies; may write none",
  handler: "packages/functions/src/reconcile.handler",
  timeout: "60 seconds",
  // Lambda gives processor time by memory, and a run mostly waits. Half of this would double a cold start.
  memory: "512 MB",
  permissions: table.name.apply((name) => [
    ...allow(
      ...parameters(place),
      ...usage,
      ...catalogue,
      ...budgets(place),
      ...journal(place, name),
      ...knownAliases(place, name),
      ...lastMode(place, name),
      ...lastSuccess(place, name),
      ...(metered.length > 0 ? ofMetering(name) : []),
      ...announcer(place, busName),
      ...directoryPermissions(),
      ...accessPermissions(place, enforces ? settings.governedPrincipals : []),
      ...(enforces ? publisherCall(place, publisherName) : []),
    ),
    ...(enforces ? untouchable() : []),
  ]),
  environment: {
    GOVERNOR_REGIONS: settings.regions.join(","),
    GOVERNOR_TABLE: table.name,
    GOVERNOR_BUS: busName,
    GOVERNOR_ENFORCEMENT: settings.enforcement,
    GOVERNOR_PROTECTED_PRINCIPALS: JSON.stringify([ownRoles, ...settings.breakGlassPrincipals]),
    ...(enforces && { GOVERNOR_GOVERNED_PRINCIPALS: JSON.stringify(settings.governedPrincipals) }),
    GOVERNOR_RETENTION_DAYS: String(settings.retentionDays),
    ...(metered.length > 0 && { GOVERNOR_METERING: metered.join(",") }),
    ...(publisher && { GOVERNOR_PUBLISHER: publisher.name }),
    ...(settings.helpSlug !== undefined && { GOVERNOR_HELP_SLUG: settings.helpSlug }),
  },
  after: removal ? [removal] : [],
  retries: { times: 2, thenTo: deadLetters },
});

/** It reads usage and the alarms about meters, and tells meters the price rules. */
function ofMetering(name: string) {
  return [...readerPermissions(place, name), ...healthPermissions(place, ANY_REGION), ...priceRules(place, name)];
}

/** Above whatever the governed principals' patterns cover. A break-glass principal denied before it was listed is freed. */
function untouchable(): Statement[] {
  return [
    ...deny(["iam:AttachRolePolicy", "iam:DetachRolePolicy"], [ownRoles]),
    ...deny(["iam:AttachRolePolicy", "iam:AttachUserPolicy"], settings.breakGlassPrincipals),
  ];
}
