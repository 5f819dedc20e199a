import { describe, expect, it } from "vitest";
import { mistakesOf } from "../../infra/mistakes.ts";
import { type StageSettings, settingsOf } from "../../infra/settings.ts";
import { synthesize } from "../support/sst-mocks.ts";
import { enforcing, exampleStage } from "./example-stage.ts";

const valid = { ...settingsOf("example"), ...enforcing };
const mistakes = (change: Partial<StageSettings>, stage = "example") =>
  mistakesOf(stage, { ...valid, ...change }, "123456789012");
const sentence = (rest: string) => `Stage example, in infra/settings.ts: ${rest}`;

describe("settings", () => {
  it.each(["production", "philipp"])("a first deploy of %s can deny nobody", (stage) => {
    expect(settingsOf(stage)).toMatchObject({ enforcement: "none", governedPrincipals: [], metering: {} });
    expect(mistakesOf(stage, settingsOf(stage), "123456789012")).toEqual([]);
  });

  it.each<[string, Partial<StageSettings>]>([
    ["everybody", { governedPrincipals: ["arn:aws:iam::123456789012:role/*", "arn:aws:iam::123456789012:user/*"] }],
    ["a user who is never denied", { breakGlassPrincipals: ["arn:aws:iam::123456789012:user/break-glass"] }],
    ["whichever account the stage is in", { governedPrincipals: ["arn:aws:iam::*:role/app-*"] }],
    [
      "a log group and one of the stage's own",
      { metering: { "eu-central-1": "/acme/bedrock.log", "us-east-1": "manage" } },
    ],
    ["another stage's invocation log", { metering: { "us-east-1": "/bedrock-governor/production/invocations" } }],
    ["no metering where there could be", { metering: { "eu-central-1": "off" } }],
    ["a key of one's own", { slackWebhookKey: "arn:aws:kms:eu-central-1:123456789012:key/mrk-0a1b2c3d" }],
    [
      "GovCloud",
      { regions: ["us-gov-west-1"], governedPrincipals: ["arn:aws-us-gov:iam::*:role/x"], breakGlassPrincipals: [] },
    ],
  ])("may name %s", (_, change) => {
    expect(mistakes(change)).toEqual([]);
  });
});

describe("a mistake in the settings is refused, in one sentence that says what to write:", () => {
  it.each<[string, Partial<StageSettings>, string]>([
    [
      "nobody to deny",
      { governedPrincipals: [] },
      'governedPrincipals is empty while enforcement is "on": name who may be denied, or set enforcement to "none".',
    ],
    [
      "everything at all",
      { governedPrincipals: ["*"] },
      'governedPrincipals[0] is "*", which is no ARN pattern of a role or user: write one such as "arn:aws:iam::123456789012:role/data-science/*".',
    ],
    [
      "everything of IAM",
      { governedPrincipals: ["arn:aws:iam::123456789012:*"] },
      'governedPrincipals[0] is "arn:aws:iam::123456789012:*", which is no ARN pattern of a role or user: write one such as "arn:aws:iam::123456789012:role/data-science/*".',
    ],
    [
      "a session",
      { governedPrincipals: [...valid.governedPrincipals, "arn:aws:sts::123456789012:assumed-role/x/y"] },
      'governedPrincipals[2] is "arn:aws:sts::123456789012:assumed-role/x/y", which is no ARN pattern of a role or user: write one such as "arn:aws:iam::123456789012:role/data-science/*".',
    ],
    [
      "a variable of IAM's",
      { governedPrincipals: ["arn:aws:iam::123456789012:user/${aws:username}"] },
      'governedPrincipals[0] is "arn:aws:iam::123456789012:user/${aws:username}", which is no ARN pattern of a role or user: write one such as "arn:aws:iam::123456789012:role/data-science/*".',
    ],
    [
      "another account",
      { governedPrincipals: ["arn:aws:iam::210987654321:role/x"] },
      "governedPrincipals[0] names account 210987654321, but the stage is in 123456789012: write that one, or * for whichever it is.",
    ],
    [
      "another partition",
      { governedPrincipals: ["arn:aws-us-gov:iam::123456789012:role/x"] },
      'governedPrincipals[0] names partition aws-us-gov, but the stage is in aws: write "arn:aws:iam::123456789012:role/data-science/*".',
    ],
    [
      "a group to break glass",
      { breakGlassPrincipals: ["arn:aws:iam::123456789012:group/x"] },
      'breakGlassPrincipals[0] is "arn:aws:iam::123456789012:group/x", which is no ARN pattern of a role or user: write one such as "arn:aws:iam::123456789012:role/data-science/*".',
    ],
    [
      "everyone, and nobody who is never denied",
      { governedPrincipals: ["arn:aws:iam::*:role/*"], breakGlassPrincipals: [] },
      'governedPrincipals[0] is "arn:aws:iam::*:role/*", which is everyone, while breakGlassPrincipals is empty: name one there who is never denied.',
    ],
    [
      "no region",
      { regions: ["frankfurt"] },
      'regions[0] is "frankfurt", which is no AWS region: write one such as "eu-central-1".',
    ],
    ["a region twice", { regions: ["us-east-1", "us-east-1"] }, 'regions[1] repeats "us-east-1": leave it out.'],
    [
      "two partitions",
      { regions: ["us-east-1", "us-gov-west-1"] },
      'regions[1] is "us-gov-west-1", which is not in partition aws as us-east-1 is: give it a stage of its own.',
    ],
    ["less than a month", { retentionDays: 7 }, "retentionDays is 7: write a whole number from 32 to 3653."],
    [
      "to meter where nothing is limited",
      { metering: { "eu-west-1": "manage" } },
      'metering names "eu-west-1", which is not among the regions: add it to them, or leave it out.',
    ],
    [
      "no name of a log group",
      { metering: { "us-east-1": "arn:aws:logs:us-east-1:123456789012:log-group:x" } },
      'metering["us-east-1"] is "arn:aws:logs:us-east-1:123456789012:log-group:x", which is no name of a log group: write one, "manage" or "off".',
    ],
    [
      "the meter's own log, which would meter itself for ever",
      { metering: { "us-east-1": "/aws/lambda/bedrock-governor-example-meter" } },
      'metering["us-east-1"] is "/aws/lambda/bedrock-governor-example-meter", which is a log that a governor writes, so that each record would make the next: name the log group that Bedrock\'s invocation log goes to, or write "manage".',
    ],
    [
      "the log of another stage's announcements",
      { metering: { "us-east-1": "/bedrock-governor/production/events" } },
      'metering["us-east-1"] is "/bedrock-governor/production/events", which is a log that a governor writes, so that each record would make the next: name the log group that Bedrock\'s invocation log goes to, or write "manage".',
    ],
    [
      "the stage's own log as if it were another's",
      { metering: { "us-east-1": "/bedrock-governor/example/invocations" } },
      'metering["us-east-1"] is "/bedrock-governor/example/invocations", which is the stage\'s own log: write "manage".',
    ],
    [
      "no address",
      { alarmEmails: ["ops"] },
      'alarmEmails[0] is "ops": write an address such as ops@example.com, or leave it out.',
    ],
    [
      "an address twice",
      { noticeEmails: ["a@example.com", "b@example.com", "a@example.com"] },
      'noticeEmails[2] repeats "a@example.com": leave it out.',
    ],
    [
      "an alias of the key, by which IAM grants nothing",
      { slackWebhookKey: "arn:aws:kms:eu-central-1:123456789012:alias/slack" },
      'slackWebhookKey is "arn:aws:kms:eu-central-1:123456789012:alias/slack": write the key\'s own ARN, arn:aws:kms:<region>:<account>:key/<id>, not that of an alias, or leave it out.',
    ],
    [
      "the beginning of a key",
      { slackWebhookKey: "arn:aws:kms:" },
      'slackWebhookKey is "arn:aws:kms:": write the key\'s own ARN, arn:aws:kms:<region>:<account>:key/<id>, not that of an alias, or leave it out.',
    ],
    [
      "no number of calls",
      { wakeAt: { invocationsPerMinute: 0 } },
      "wakeAt.invocationsPerMinute is 0: write a whole number above 0, or leave wakeAt out.",
    ],
    [
      "a sentence for a slug",
      { helpSlug: "ask us!" },
      'helpSlug is "ask us!": write at most 40 letters, digits and hyphens.',
    ],
  ])("%s", (_, change, said) => {
    expect(mistakes(change)).toEqual([sentence(said)]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a word that enforcement is not", { enforcement: "yes" }, 'enforcement is "yes": write "on" or "none".'],
    ["a misspelt setting", { enforcment: "on" }, "there is no setting enforcment: write enforcement, or leave it out."],
    [
      "a setting by its former name",
      { breakGlassRoles: [] },
      "there is no setting breakGlassRoles: write breakGlassPrincipals, or leave it out.",
    ],
    ["a setting like no other", { mode: "on" }, "there is no setting mode: write another, or leave it out."],
    [
      "a text for a list",
      { regions: "us-east-1" },
      'regions is "us-east-1": write a list with at least one region, such as ["eu-central-1"].',
    ],
    [
      "no region at all",
      { regions: [] },
      'regions is []: write a list with at least one region, such as ["eu-central-1"].',
    ],
    [
      "no list",
      { breakGlassPrincipals: undefined },
      "breakGlassPrincipals is undefined: write a list of ARN patterns, or [] for nobody.",
    ],
    ["numbers in a list", { alarmEmails: [7] }, "alarmEmails is [7]: write a list of addresses, or [] for nobody."],
    ["a text for days", { retentionDays: "90" }, 'retentionDays is "90": write a whole number from 32 to 3653.'],
    ["a number for a text", { helpSlug: 7 }, "helpSlug is 7: write a text, or leave it out."],
    ["a number for calls", { wakeAt: 250 }, "wakeAt is 250: write { invocationsPerMinute: 250 }, or leave it out."],
  ])("%s, which types would have refused", (_, typed, said) => {
    expect(mistakes(typed as Partial<StageSettings>)).toEqual([sentence(said)]);
  });

  it("a stage's name too long for the names of what it holds", () => {
    const stage = "a-name-that-goes-on-and-on-and-on";
    expect(mistakes({}, stage)).toEqual([`Stage ${stage}: its name may have 30 letters, digits and hyphens.`]);
  });

  it("all of them at once", () => {
    expect(mistakes({ regions: ["x"], retentionDays: 1, governedPrincipals: ["*"] })).toHaveLength(3);
  });

  it("before anything is created", async () => {
    await expect(exampleStage({ ...enforcing, governedPrincipals: [] })).rejects.toThrow(
      sentence("governedPrincipals is empty"),
    );
    await expect(synthesize("example", { settings: enforcing, account: "210987654321" })).rejects.toThrow(
      sentence("governedPrincipals[0] names account 123456789012, but the stage is in 210987654321"),
    );
  }, 60_000); // the first to synthesize
});
