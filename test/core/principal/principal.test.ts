import { parsePrincipalArn } from "@bedrock-governor/core/principal/principal";
import { describe, expect, it } from "vitest";

const ACCOUNT = "111122223333";
const STS = `arn:aws:sts::${ACCOUNT}`;
const IAM = `arn:aws:iam::${ACCOUNT}`;
const SSO = "AWSReservedSSO_DataScience_0123456789abcdef";

describe("whose call it was, by the identity in the invocation log or IAM's lists", () => {
  it.each([
    [`${STS}:assumed-role/batch/session-1`, "role/batch", undefined],
    [`${IAM}:role/batch`, "role/batch", undefined],
    [`${IAM}:role/data-science/nightly/batch`, "role/batch", undefined],
    [`${IAM}:user/ci`, "user/ci", undefined],
    [`${IAM}:user/tools/eu/ci`, "user/ci", undefined],
    [`${IAM}:user/BedrockAPIKey-a1b2`, "user/BedrockAPIKey-a1b2", undefined],
    [`arn:aws-us-gov:iam::${ACCOUNT}:role/batch`, "role/batch", undefined],
    [`${STS}:assumed-role/${SSO}/ana@example.com`, "sso/DataScience/ana@example.com", "Identity Center user"],
    [
      `${STS}:assumed-role/AWSReservedSSO_Data_Science_0123456789abcdef/ana`,
      "sso/Data_Science/ana",
      "Identity Center user",
    ],
    [`${IAM}:role/aws-reserved/sso.amazonaws.com/eu-west-1/${SSO}`, `role/${SSO}`, "Identity Center role"],
    [
      `${IAM}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
      "role/AWSServiceRoleForX",
      "service-linked role",
    ],
    [`${STS}:assumed-role/AWSServiceRoleForX/s`, "role/AWSServiceRoleForX", "service-linked role"],
    [`${STS}:federated-user/bob`, `${STS}:federated-user/bob`, "federated user"],
    [`${IAM}:root`, `${IAM}:root`, "root user"],
    ["arn:aws:iam::444455556666:role/batch", "arn:aws:iam::444455556666:role/batch", "principal of another account"],
    [
      `arn:aws:sts::444455556666:assumed-role/batch/s`,
      `arn:aws:sts::444455556666:assumed-role/batch/s`,
      "principal of another account",
    ],
  ])("%s is %s", (arn, id, undeniable) => {
    expect(parsePrincipalArn(arn, ACCOUNT)).toMatchObject({ id, arn, ...(undeniable && { undeniable }) });
    expect(parsePrincipalArn(arn, ACCOUNT)?.undeniable).toBe(undeniable);
  });

  it.each([
    "",
    "batch",
    "arn:aws:s3:::bucket",
    `${IAM}:group/admins`,
    `${IAM}:policy/x`,
    `${IAM}:role/`,
    `${IAM}:user`,
    `${STS}:assumed-role/`,
    "arn:aws:iam::aws:policy/AdministratorAccess",
  ])("“%s” is nobody's", (arn) => expect(parsePrincipalArn(arn, ACCOUNT)).toBeUndefined());
});

it("a role with its path, without it and in session is one principal; selectors see the path where there is one", () => {
  const listed = parsePrincipalArn(`${IAM}:role/data-science/batch`);
  const session = parsePrincipalArn(`${STS}:assumed-role/batch/anything`);
  expect(listed?.id).toBe(session?.id);
  expect(listed?.tail).toBe("role/data-science/batch");
  expect(session?.tail).toBe("role/batch");
});

it("a session's name on an ordinary role, which its caller chooses, makes nobody else of it", () => {
  for (const name of [
    "ana@example.com",
    `${SSO}/ana@example.com`,
    "sso/DataScience/ana",
    "AWSReservedSSO_X_0123456789abcdef",
  ]) {
    expect(parsePrincipalArn(`${STS}:assumed-role/batch/${name}`)?.id).toBe("role/batch");
  }
  expect(parsePrincipalArn(`${STS}:assumed-role/AWSReservedSSO_Fake/ana@example.com`)?.id).toBe(
    "role/AWSReservedSSO_Fake",
  );
});

it("without an account given, each account's principals are read as one's own", () => {
  expect(parsePrincipalArn("arn:aws:iam::444455556666:role/batch")).toEqual({
    id: "role/batch",
    tail: "role/batch",
    arn: "arn:aws:iam::444455556666:role/batch",
  });
});
