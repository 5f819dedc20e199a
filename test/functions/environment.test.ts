import { readEnvironment, readReconcilerEnvironment } from "@bedrock-governor/functions/environment";
import { describe, expect, it } from "vitest";
import { ENVIRONMENT } from "./variables.ts";

describe("the functions' environment", () => {
  it("is read as it was deployed", () => {
    expect(readReconcilerEnvironment(ENVIRONMENT)).toEqual({
      place: { stage: "test", account: "111122223333", partition: "aws", region: "eu-central-1" },
      regions: ["eu-central-1", "us-east-1"],
      meteredRegions: [],
      table: "governor-test-TableTable",
      bus: "bedrock-governor-test",
      enforcement: "on",
      publisher: "bedrock-governor-test-publish",
      protectedPrincipals: ["arn:aws:iam::111122223333:role/bedrock-governor/*"],
      governedPrincipals: ["arn:aws:iam::111122223333:role/team/*"],
      retentionDays: 90,
      helpSlug: "ask-in-ai-help",
    });
  });

  it("holds in GovCloud too", () => {
    const variables = { ...ENVIRONMENT, GOVERNOR_PARTITION: "aws-us-gov", AWS_REGION: "us-gov-west-1" };
    expect(readEnvironment(variables).place).toMatchObject({ partition: "aws-us-gov", region: "us-gov-west-1" });
  });

  it("needs neither publisher nor governed principals without enforcement, and no help slug", () => {
    const { GOVERNOR_PUBLISHER, GOVERNOR_GOVERNED_PRINCIPALS, ...others } = ENVIRONMENT;
    const variables = { ...others, GOVERNOR_ENFORCEMENT: "none" };
    expect(readReconcilerEnvironment({ ...variables, GOVERNOR_HELP_SLUG: "" })).toMatchObject({
      enforcement: "none",
      publisher: undefined,
      governedPrincipals: undefined,
      helpSlug: undefined,
    });
  });

  it.each([
    ["GOVERNOR_STAGE", "a/b", "letters, digits and hyphens"],
    ["GOVERNOR_STAGE", undefined, "letters, digits and hyphens"],
    ["GOVERNOR_ACCOUNT", "1111", "12 digits"],
    ["GOVERNOR_PARTITION", "azure", "a partition"],
    ["AWS_REGION", "Frankfurt", "a region"],
    ["GOVERNOR_REGIONS", "eu-central-1, us-east-1", "with a comma between them"],
    ["GOVERNOR_REGIONS", "eu-central-1,eu-central-1", "each once"],
    ["GOVERNOR_REGIONS", ",", "regions"],
    ["GOVERNOR_TABLE", "a b", "the name of a table"],
    ["GOVERNOR_BUS", "a b", "the name of an event bus"],
    ["GOVERNOR_ENFORCEMENT", "off", "on or none"],
    ["GOVERNOR_PUBLISHER", undefined, "the function that publishes"],
    ["GOVERNOR_PROTECTED_PRINCIPALS", "arn:aws:iam::111122223333:role/x", "a JSON array of ARN patterns"],
    ["GOVERNOR_PROTECTED_PRINCIPALS", '["role/x"]', "a JSON array of ARN patterns"],
    ["GOVERNOR_PROTECTED_PRINCIPALS", '{"0":"arn:aws:iam::111122223333:role/x"}', "a JSON array of ARN patterns"],
    ["GOVERNOR_GOVERNED_PRINCIPALS", '["*"]', "a JSON array of ARN patterns"],
    ["GOVERNOR_RETENTION_DAYS", "0", "a whole number of days"],
    ["GOVERNOR_RETENTION_DAYS", "90.5", "a whole number of days"],
    ["GOVERNOR_HELP_SLUG", "ask me", "at most 40 letters, digits and hyphens"],
  ])("is refused with %s = %j", (name, text, allowed) => {
    const read = () => readReconcilerEnvironment({ ...ENVIRONMENT, [name]: text });
    const found = text === undefined ? "is not set" : `is ${JSON.stringify(text)}`;
    expect(read).toThrow(`${name} ${found}: it must be `);
    expect(read).toThrow(allowed);
    expect(read).toThrow("deploy the stage again");
  });

  it("names every mistake at once, and each once", () => {
    const message = messageOf(() => readReconcilerEnvironment({ GOVERNOR_ENFORCEMENT: "on" }));
    expect(
      message
        .split("\n")
        .slice(1)
        .map((line) => line.split(" ")[0]),
    ).toEqual([
      "GOVERNOR_STAGE",
      "GOVERNOR_ACCOUNT",
      "GOVERNOR_PARTITION",
      "AWS_REGION",
      "GOVERNOR_REGIONS",
      "GOVERNOR_TABLE",
      "GOVERNOR_BUS",
      "GOVERNOR_PUBLISHER",
      "GOVERNOR_PROTECTED_PRINCIPALS",
      "GOVERNOR_RETENTION_DAYS",
    ]);
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error("nothing was thrown");
}
