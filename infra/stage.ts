import { mistakesOf, refuse } from "./mistakes.ts";
import { partitionOf } from "./partition.ts";
import { settingsOf } from "./settings.ts";

export const settings = settingsOf($app.stage);

const { accountId: account } = await aws.getCallerIdentity({});
refuse(mistakesOf($app.stage, settings, account));

const [region] = settings.regions;

/** Where the governor stands. */
export const place = { partition: partitionOf(region), account, region, stage: $app.stage };

/** A name that nothing else in the account and region has. */
export const named = (what: string): string => `${$app.name}-${$app.stage}-${what}`;

/** Of the roles of this stage's functions. */
export const rolePath = `/${$app.name}/${$app.stage}/`;

export const arn = (service: string, resource: string, at: string = region): string =>
  `arn:${place.partition}:${service}:${at}:${account}:${resource}`;
