import { whyNoSelector } from "@bedrock-governor/core/limit/selector-rule";
import { describe, expect, it } from "vitest";

const IAM = "arn:aws:iam::111122223333";
const STS = "arn:aws:sts::111122223333";

describe("what names principals", () => {
  it.each([
    "*",
    "role/batch",
    "role/data-science/*",
    "role/*",
    "role/*batch*",
    "user/ci",
    "user/team/ci@example.com",
    "sso/DataScience/ana@example.com",
    "sso/DataScience/*",
    "sso/*/ana@example.com",
    "sso/*",
    `${IAM}:role/data-science/batch`,
    `${IAM}:user/*`,
    `${IAM}:root`,
    `${IAM}:*`,
    `${STS}:federated-user/*`,
    "arn:aws:iam::*:role/batch",
  ])("%s", (selector) => expect(whyNoSelector(selector)).toBeUndefined());
});

describe("what does not, and what to write", () => {
  it.each([
    ["batch", 'write "role/batch" or "user/batch"'],
    ["*/batch", 'write "role/*/batch" or "user/*/batch"'],
    ["ana@example.com", 'write "user/ana@example.com" or "sso/*/ana@example.com"'],
    ["Role/batch", 'write "role/batch"'],
    ["roles/batch", 'write "role/batch"'],
    ["/role/batch", 'write "role/batch"'],
    ["user", 'write "user/*"'],
    ["role/", 'write "role/*" for everything under it'],
    ["role/data-science/", 'write "role/data-science/*" for everything under it'],
    ["sso/DataScience", 'write "sso/DataScience/*" for all its users'],
    ["sso/", 'write "sso/*" for all its users'],
    ["group/admins", "name the group's users: a group itself calls nothing"],
    ["assumed-role/batch/session", 'write "role/batch"'],
    ["role/AWSReservedSSO_Data_Science_0123456789abcdef", 'write "sso/Data_Science/*"'],
    ["role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_DataScience_*", 'write "sso/DataScience/*"'],
    [
      `${IAM}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_DataScience_0123456789abcdef`,
      'write "sso/DataScience/*"',
    ],
    [`${STS}:assumed-role/batch/session`, 'write "role/batch"'],
    [`${STS}:federated-user/ana`, `write "${STS}:federated-user/*"`],
    [
      `${STS}:assumed-role/AWSReservedSSO_DataScience_0123456789abcdef/ana@example.com`,
      'write "sso/DataScience/ana@example.com"',
    ],
    ["role/ba?ch", 'write "*" or the letter'],
    ["role/my role", "write the name as IAM lists it"],
  ])("%s", (selector, remedy) => expect(whyNoSelector(selector)).toEqual({ problem: expect.any(String), remedy }));

  it.each([
    "",
    " ",
    "arn:aws:s3:::bucket",
    "arn:aws:iam::alice:role/x",
    `${IAM}:group/admins`,
    "arn:aws:iam::111122223333:role/",
  ])("%j, which is told what is allowed", (selector) => expect(whyNoSelector(selector)?.remedy).toContain("role/"));
});
