import { beforeAll, describe, expect, it } from "vitest";
import { type AccessRequest, evaluate } from "../support/iam-evaluator.ts";
import { attachment, enforcing, exampleStage, iamArn, policyOf, roleOf, type Stage } from "./example-stage.ts";

const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const DENY = iamArn("policy/bedrock-governor/example/deny/usage-limit-reached.x");
const GOVERNED = iamArn("role/data-science/batch");
const UNGOVERNED = iamArn("role/admin");
const BREAK_GLASS = iamArn("role/data-science/break-glass");
const OWN = iamArn("role/bedrock-governor/example/bedrock-governor-example-ReconcileRole-abcdefgh");
const OTHER_STAGES = iamArn("role/bedrock-governor/production/bedrock-governor-production-PublishRole-abcdefgh");

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage({
    ...enforcing,
    // What an operator should not write, and may.
    governedPrincipals: [...(enforcing.governedPrincipals ?? []), iamArn("role/bedrock-governor/*")],
  });
});
const decide = (name: string, request: AccessRequest) => evaluate([policyOf(roleOf(stage, name))], request);

describe("the reconciler's role", () => {
  it.each<[string, string, string]>([
    ["a deny policy to a governed role", GOVERNED, DENY],
    ["a deny policy to a governed user", iamArn("user/ci"), DENY],
  ])("attaches %s", (_, holder, policy) => {
    expect(decide("reconcile", attachment("Attach", holder, policy))).toBe("allowed");
  });

  it.each<[string, string, string]>([
    ["AdministratorAccess to a governed role", GOVERNED, ADMINISTRATOR],
    ["a policy that merely looks like one of ours", GOVERNED, iamArn("policy/x/bedrock-governor/example/deny/x")],
    ["a deny policy of another stage", GOVERNED, iamArn("policy/bedrock-governor/production/deny/x")],
    ["a deny policy of another account", GOVERNED, DENY.replace("123456789012", "210987654321")],
    ["a deny policy to a role that is not governed", UNGOVERNED, DENY],
    ["a deny policy to a user that is not governed", iamArn("user/root-like"), DENY],
  ])("does not attach %s", (_, holder, policy) => {
    expect(decide("reconcile", attachment("Attach", holder, policy))).toBe("implicitDeny");
  });

  it.each([
    ["its own role", OWN],
    ["a role of another stage", OTHER_STAGES],
    ["a break-glass role", BREAK_GLASS],
  ])("is refused to attach anything to %s, although governed patterns cover it", (_, role) => {
    expect(decide("reconcile", attachment("Attach", role, DENY))).toBe("explicitDeny");
  });

  it.each([OWN, OTHER_STAGES])("is refused to detach anything from %s", (role) => {
    expect(decide("reconcile", attachment("Detach", role, DENY))).toBe("explicitDeny");
  });

  it.each([
    ["a role that is no longer governed", UNGOVERNED],
    ["a user that is no longer governed", iamArn("user/left/them")],
    ["a break-glass role that was denied before it was one", BREAK_GLASS],
  ])("detaches a deny policy, and no other, from %s", (_, holder) => {
    expect(decide("reconcile", attachment("Detach", holder, DENY))).toBe("allowed");
    expect(decide("reconcile", attachment("Detach", holder, ADMINISTRATOR))).toBe("implicitDeny");
  });
});

describe("the publisher's role", () => {
  it.each(["CreatePolicy", "DeletePolicy", "TagPolicy"])("may %s at the deny path, and nowhere else", (action) => {
    const at = (resource: string) => decide("publish", { action: `iam:${action}`, resource });
    expect(at(DENY)).toBe("allowed");
    expect(at(iamArn("policy/bedrock-governor/example/guard/x"))).toBe("implicitDeny");
    expect(at(iamArn("policy/bedrock-governor/production/deny/x"))).toBe("implicitDeny");
    expect(at(iamArn("policy/x"))).toBe("implicitDeny");
  });

  it.each(["Attach", "Detach"] as const)("may %s nothing", (verb) => {
    for (const holder of [GOVERNED, UNGOVERNED, OWN, iamArn("user/ci")]) {
      expect(decide("publish", attachment(verb, holder, DENY))).toBe("implicitDeny");
    }
  });
});

describe("the remover's role", () => {
  it("detaches deny policies from anyone and deletes them", () => {
    for (const holder of [GOVERNED, UNGOVERNED, BREAK_GLASS, iamArn("user/ci")]) {
      expect(decide("remove", attachment("Detach", holder, DENY))).toBe("allowed");
      expect(decide("remove", attachment("Detach", holder, ADMINISTRATOR))).toBe("implicitDeny");
      expect(decide("remove", attachment("Attach", holder, DENY))).toBe("implicitDeny");
    }
    expect(decide("remove", { action: "iam:DeletePolicy", resource: DENY })).toBe("allowed");
    expect(decide("remove", { action: "iam:CreatePolicy", resource: DENY })).toBe("implicitDeny");
  });
});

describe.each(["reconcile", "publish", "remove"])("the role of %s can by no means", (name) => {
  it.each([
    "CreatePolicyVersion",
    "SetDefaultPolicyVersion",
    "DeletePolicyVersion",
    "PutRolePolicy",
    "PutUserPolicy",
    "PutGroupPolicy",
    "DeleteRolePolicy",
    "AttachGroupPolicy",
    "DetachGroupPolicy",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
    "PutUserPermissionsBoundary",
    "DeleteUserPermissionsBoundary",
    "UpdateAssumeRolePolicy",
    "CreateRole",
    "CreateUser",
    "CreateAccessKey",
    "CreateLoginProfile",
    "AddUserToGroup",
    "PassRole",
    "CreateServiceLinkedRole",
  ])("%s", (action) => {
    const resources = [DENY, GOVERNED, UNGOVERNED, OWN, iamArn("user/ci"), iamArn("group/all")];
    for (const resource of resources) {
      const request = { action: `iam:${action}`, resource, context: { "iam:PolicyARN": DENY } };
      expect(decide(name, request)).toBe("implicitDeny");
    }
  });

  it.each([
    ["assume a role", { action: "sts:AssumeRole", resource: GOVERNED }],
    [
      "change what itself runs",
      {
        action: "lambda:UpdateFunctionCode",
        resource: "arn:aws:lambda:eu-central-1:123456789012:function:bedrock-governor-example-reconcile",
      },
    ],
    [
      "change a setting",
      {
        action: "ssm:PutParameter",
        resource: "arn:aws:ssm:eu-central-1:123456789012:parameter/bedrock-governor/example/mode",
      },
    ],
    ["call a model", { action: "bedrock:InvokeModel", resource: "arn:aws:bedrock:eu-central-1::foundation-model/x" }],
  ])("%s", (_, request) => {
    expect(decide(name, request)).toBe("implicitDeny");
  });
});
