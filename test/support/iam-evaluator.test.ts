import { describe, expect, it } from "vitest";
import { type AccessRequest, evaluate, type Statement, type Wildcards } from "./iam-evaluator.ts";

const readObject: AccessRequest = { action: "s3:GetObject", resource: "arn:aws:s3:::logs/2026/a:b.txt" };
const decide = (
  statements: Statement | readonly Statement[],
  request: AccessRequest = readObject,
  wildcards?: Wildcards,
) => evaluate([{ Version: "2012-10-17", Statement: statements }], request, wildcards);

describe("what is not allowed is denied, and an explicit deny beats every allow", () => {
  const allow: Statement = { Effect: "Allow", Action: "*", Resource: "*" };
  const deny: Statement = { Effect: "Deny", Action: "s3:Get*", Resource: "*" };
  it.each([
    ["nothing said", [], "implicitDeny"],
    ["an allow", [allow], "allowed"],
    ["a deny", [deny], "explicitDeny"],
    ["an allow, then a deny", [allow, deny], "explicitDeny"],
    ["a deny, then an allow", [deny, allow], "explicitDeny"],
  ] as const)("%s: %s → %s", (_, statements, decision) => expect(decide(statements)).toBe(decision));

  it("whichever policy says it", () => {
    expect(evaluate([{ Statement: [deny] }, { Statement: allow }], readObject)).toBe("explicitDeny");
    expect(evaluate([{ Statement: [] }, { Statement: allow }], readObject)).toBe("allowed");
  });
});

describe("actions", () => {
  it.each([
    [{ Action: "s3:GetObject" }, "allowed"],
    [{ Action: "S3:getobject" }, "allowed"],
    [{ Action: "s3:Get*" }, "allowed"],
    [{ Action: "s3:GetObjec?" }, "allowed"],
    [{ Action: "s3:GetObject?" }, "implicitDeny"],
    [{ Action: ["s3:PutObject", "s3:GetObject"] }, "allowed"],
    [{ Action: "s3:PutObject" }, "implicitDeny"],
    [{ NotAction: "s3:Put*" }, "allowed"],
    [{ NotAction: ["s3:Put*", "s3:Get*"] }, "implicitDeny"],
  ])("%o → %s", (actions, decision) => expect(decide({ Effect: "Allow", Resource: "*", ...actions })).toBe(decision));
});

describe("resources", () => {
  it.each([
    [{ Resource: "arn:aws:s3:::logs/2026/a:b.txt" }, "allowed"],
    [{ Resource: "arn:aws:s3:::logs/*" }, "allowed"],
    [{ Resource: "arn:aws:s3:::logs/????/*.txt" }, "allowed"],
    [{ Resource: "arn:aws:s3:::LOGS/*" }, "implicitDeny"],
    [{ Resource: "arn:aws:s3:*:*:logs/*" }, "allowed"],
    [{ Resource: "arn:aws:s3:us-east-1:*:logs/*" }, "implicitDeny"],
    [{ Resource: "arn:aws:s3" }, "allowed"],
    [{ Resource: "arn:aws:sqs" }, "implicitDeny"],
    [{ NotResource: "arn:aws:s3:::logs/*" }, "implicitDeny"],
    [{ NotResource: "arn:aws:s3:::other/*" }, "allowed"],
  ])("%o → %s", (resources, decision) => expect(decide({ Effect: "Allow", Action: "*", ...resources })).toBe(decision));

  it("a wildcard goes past colons only at the ARN's end, unless asked to everywhere", () => {
    const statement: Statement = { Effect: "Allow", Action: "*", Resource: "arn:aws:s3:*/a:b.txt" };
    expect(decide(statement)).toBe("implicitDeny");
    expect(decide(statement, readObject, "across")).toBe("allowed");
    expect(decide({ ...statement, Resource: "arn:aws:s3:::logs/*b.txt" })).toBe("allowed");
  });
});

describe("conditions", () => {
  const context = {
    "aws:userid": "AROA:alice",
    "aws:PrincipalTag/team": "ml",
    "aws:SourceArn": "arn:aws:sns:eu-west-1:1:t",
    "aws:TagKeys": ["a", "b"],
  };
  it.each([
    [{ StringEquals: { "aws:userid": "AROA:alice" } }, "allowed"],
    [{ StringEquals: { "AWS:UserId": ["x", "AROA:alice"] } }, "allowed"],
    [{ StringEquals: { "aws:userid": "AROA:*" } }, "implicitDeny"],
    [{ StringEqualsIgnoreCase: { "aws:userid": "aroa:ALICE" } }, "allowed"],
    [{ StringLike: { "aws:userid": "*:alice" } }, "allowed"],
    [{ StringLike: { "aws:userid": "*:ALICE" } }, "implicitDeny"],
    [{ StringNotEquals: { "aws:userid": ["x", "AROA:alice"] } }, "implicitDeny"],
    [{ StringNotLike: { "aws:userid": "*:bob" } }, "allowed"],
    [{ ArnEquals: { "aws:SourceArn": "arn:aws:sns:*:*:t" } }, "allowed"],
    [{ ArnLike: { "aws:SourceArn": "arn:aws:sns:*:t" } }, "implicitDeny"],
    [{ ArnNotLike: { "aws:SourceArn": "arn:aws:sns:*:*:t" } }, "implicitDeny"],
    [{ StringLike: { "aws:userid": "*:alice", "aws:PrincipalTag/team": "ops" } }, "implicitDeny"],
    [{ StringLike: { "aws:userid": "*:alice" }, StringEquals: { "aws:PrincipalTag/team": "ml" } }, "allowed"],
    [{ "ForAnyValue:StringEquals": { "aws:TagKeys": ["b", "c"] } }, "allowed"],
    [{ "ForAllValues:StringEquals": { "aws:TagKeys": ["b", "c"] } }, "implicitDeny"],
    [{ Bool: { "aws:userid": "true" } }, "implicitDeny"],
  ])("%o → %s", (Condition, decision) =>
    expect(decide({ Effect: "Allow", Action: "*", Resource: "*", Condition }, { ...readObject, context })).toBe(
      decision,
    ),
  );

  it.each([
    [{ StringEquals: { "aws:userid": "x" } }, "implicitDeny"],
    [{ StringLike: { "aws:userid": "*" } }, "implicitDeny"],
    [{ ArnLike: { "aws:userid": "*" } }, "implicitDeny"],
    [{ StringNotEquals: { "aws:userid": "x" } }, "allowed"],
    [{ StringEqualsIfExists: { "aws:userid": "x" } }, "allowed"],
    [{ "ForAnyValue:StringEquals": { "aws:userid": "x" } }, "implicitDeny"],
    [{ "ForAllValues:StringEquals": { "aws:userid": "x" } }, "allowed"],
    [{ Null: { "aws:userid": "true" } }, "allowed"],
    [{ Null: { "aws:userid": "false" } }, "implicitDeny"],
  ])("on a key that the request does not have, %o → %s", (Condition, decision) =>
    expect(decide({ Effect: "Allow", Action: "*", Resource: "*", Condition })).toBe(decision),
  );
});

it("refuses what it does not know instead of guessing", () => {
  const context = { "aws:userid": "a", "aws:TagKeys": ["a", "b"] };
  const statement = (rest: Partial<Statement>): Statement => ({ Effect: "Allow", Action: "*", Resource: "*", ...rest });
  for (const odd of [
    statement({ Condition: { NumericLessThan: { "aws:userid": "1" } } }),
    statement({ Condition: { StringEquals: { "aws:userid": "${aws:username}" } } }),
    statement({ Condition: { StringEquals: { "aws:TagKeys": "a" } } }),
    statement({ Resource: "arn:aws:s3:::${aws:username}/*" }),
    statement({ NotAction: "s3:*" }),
  ]) {
    expect(() => decide(odd, { ...readObject, context })).toThrow();
  }
});
