import { describe, expect, it } from "vitest";
import { synthesize } from "../support/sst-mocks.ts";

type RoleTransform = NonNullable<sst.aws.FunctionArgs["transform"]>["role"];

const ACCOUNT_ROOT = "arn:aws:iam::123456789012:root";

const addProbe = (role?: RoleTransform) =>
  new sst.aws.Function("Probe", { handler: "test/infra/fixtures/probe.handler", transform: { role } });

/** The role of a function deployed the way sst.config.ts deploys them. */
const probeRole = async (transform?: RoleTransform) => {
  const stage = await synthesize("production", {
    program: async (run) => {
      await run();
      addProbe(transform);
      return undefined;
    },
  });
  return stage.the("aws:iam/role:Role", "ProbeRole").inputs;
};

const trusted = (role: Record<string, unknown>) =>
  JSON.parse(String(role.assumeRolePolicy)).Statement.map(({ Principal }: { Principal: unknown }) => Principal);

describe("the role of a function", () => {
  it("can be assumed by Lambda and nobody else", async () => {
    expect(trusted(await probeRole())).toEqual([{ Service: "lambda.amazonaws.com" }]);
  });

  it.each<[string, RoleTransform]>([
    ["properties", { path: "/kept/" }],
    [
      "a function",
      (role) => {
        role.path = "/kept/";
        return undefined;
      },
    ],
  ])("keeps what the function itself says about its role, as %s", async (_, transform) => {
    const role = await probeRole(transform);
    expect(role.path).toBe("/kept/");
    expect(trusted(role)).toEqual([{ Service: "lambda.amazonaws.com" }]);
  });

  it("needs sst.config.ts for that: SST alone lets the whole account assume it", async () => {
    const { the } = await synthesize("production", {
      program: async () => {
        addProbe();
        return undefined;
      },
    });
    expect(trusted(the("aws:iam/role:Role").inputs)).toEqual([
      { Service: ["lambda.amazonaws.com"], AWS: [ACCOUNT_ROOT] },
    ]);
  });

  it("is not made for a handler that does not exist", async () => {
    const missing = synthesize("production", {
      program: async () => {
        new sst.aws.Function("Probe", { handler: "test/infra/fixtures/absent.handler" });
        return undefined;
      },
    });
    await expect(missing).rejects.toThrow("Handler not found");
  });
});
