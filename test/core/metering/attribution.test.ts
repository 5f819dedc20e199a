import { createAttribution } from "@bedrock-governor/core/metering/attribution";
import { describe, expect, it } from "vitest";
import { ACCOUNT, session } from "../../support/invocation-record.ts";

const STS = `arn:aws:sts::${ACCOUNT}`;
const IAM = `arn:aws:iam::${ACCOUNT}`;
const OTHER = "arn:aws:sts::444455556666:assumed-role/batch/night";
const SSO = "AWSReservedSSO_DataScience_0123456789abcdef";

describe("usage is counted for", () => {
  it.each([
    ["a role in a session", session("batch", "any"), "role/batch", undefined],
    ["a role with its path", `${IAM}:role/data-science/batch`, "role/batch", undefined],
    ["a service role", session("BedrockAgentRole_X1", "BedrockAgents-1"), "role/BedrockAgentRole_X1", undefined],
    ["a user, whatever the path", `${IAM}:user/tools/eu/ci`, "user/ci", undefined],
    ["a user of a Bedrock API key", `${IAM}:user/BedrockAPIKey-a1b2`, "user/BedrockAPIKey-a1b2", undefined],
    [
      "someone at Identity Center",
      session(SSO, "ana@example.com"),
      "sso/DataScience/ana@example.com",
      "Identity Center user",
    ],
    ["a service-linked role", session("AWSServiceRoleForX"), "role/AWSServiceRoleForX", "service-linked role"],
    ["a federated user", `${STS}:federated-user/bob`, `${STS}:federated-user/bob`, "federated user"],
    ["the root user", `${IAM}:root`, `${IAM}:root`, "root user"],
    ["another account's role", OTHER, OTHER, "principal of another account"],
    ["whatever else has an ARN", `${IAM}:group/x`, `${IAM}:group/x`, "not in this account's list of roles and users"],
  ])("%s", (_, arn, id, undeniable) => {
    const attribute = createAttribution();
    for (let time = 0; time < 2; time++) {
      expect(attribute(arn, ACCOUNT)?.id).toBe(id);
      expect(attribute(arn, ACCOUNT)?.undeniable).toBe(undeniable);
    }
  });
});

it("what is no ARN is nobody", () => {
  for (const text of ["me", "arn", "user/ci", "role/batch"]) expect(createAttribution()(text, ACCOUNT)).toBeUndefined();
});

it("all sessions of a role are the role, whatever their callers name them", () => {
  const attribute = createAttribution();
  const names = ["one", "two", `${SSO}/ana@example.com`, "../ci", "a/b", "", "user/ci"];
  const ids = names.map((name) => attribute(session("batch", name), ACCOUNT)?.id);
  expect(new Set(ids)).toEqual(new Set(["role/batch"]));
});

it("people at Identity Center who share a permission set are told apart", () => {
  const attribute = createAttribution();
  const ids = ["ana@example.com", "ben@example.com"].map((name) => attribute(session(SSO, name), ACCOUNT)?.id);
  expect(ids).toEqual(["sso/DataScience/ana@example.com", "sso/DataScience/ben@example.com"]);
});

it("a role that only its name makes look like Identity Center's is a role", () => {
  const attribute = createAttribution();
  const ids = ["x", "y"].map((name) => attribute(session("AWSReservedSSO_Mine", name), ACCOUNT)?.id);
  expect(ids).toEqual(["role/AWSReservedSSO_Mine", "role/AWSReservedSSO_Mine"]);
});

it("an account's role is not another's of the same name, in whatever order they are seen", () => {
  for (const order of [
    [session("batch"), OTHER],
    [OTHER, session("batch")],
  ]) {
    const attribute = createAttribution();
    const ids = order.map((arn) => attribute(arn, ACCOUNT)?.id);
    expect(ids.sort()).toEqual([OTHER, "role/batch"]);
  }
});
