import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DetachRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  SetDefaultPolicyVersionCommand,
} from "@aws-sdk/client-iam";
import { beforeAll, expect, it } from "vitest";
import { contractPolicy } from "../contract/access-port.ts";
import { enforcing, exampleStage, iamArn, policyOf, roleOf, type Stage } from "../infra/example-stage.ts";
import { describeWithMoto } from "../support/describe-with-moto.ts";
import type { Statement } from "../support/iam-evaluator.ts";
import type { Moto } from "../support/moto.ts";
import { createKey } from "./keys.ts";

const PATH = "/bedrock-governor/example/deny/";
const OPUS = contractPolicy("acme.opus");
const HAIKU = contractPolicy("acme.haiku");
const ALL: readonly Statement[] = [{ Effect: "Allow", Action: "*", Resource: "*" }];
const ALLOW_ALL = JSON.stringify({ Version: "2012-10-17", Statement: ALL });
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [] });
const opus = iamArn(`policy${PATH}${OPUS.name}`);

const attachTo = (RoleName: string) => new AttachRolePolicyCommand({ RoleName, PolicyArn: opus });
const detachFrom = (RoleName: string) => new DetachRolePolicyCommand({ RoleName, PolicyArn: opus });
const create = (name: string, text: string) =>
  new CreatePolicyCommand({ PolicyName: name, Path: PATH, PolicyDocument: text });
const COMMANDS = {
  "attach a deny to a governed role": () => attachTo("batch"),
  "attach a deny to a role that is not governed": () => attachTo("admin"),
  "attach a deny to a break-glass role": () => attachTo("break-glass"),
  "attach a deny to a role of its own": () => attachTo("bedrock-governor-example-reconcile"),
  "take a deny off a governed role": () => detachFrom("batch"),
  "take a deny off a break-glass role": () => detachFrom("break-glass"),
  "take a deny off a role of its own": () => detachFrom("bedrock-governor-example-reconcile"),
  "create a deny policy": () => create(HAIKU.name, HAIKU.text),
  "delete a deny policy": () => new DeletePolicyCommand({ PolicyArn: opus }),
  "write a version of a policy": () =>
    new CreatePolicyVersionCommand({ PolicyArn: opus, PolicyDocument: ALLOW_ALL, SetAsDefault: true }),
  "choose the version of a policy": () => new SetDefaultPolicyVersionCommand({ PolicyArn: opus, VersionId: "v1" }),
  "write a policy into a role": () =>
    new PutRolePolicyCommand({ RoleName: "batch", PolicyName: "all", PolicyDocument: ALLOW_ALL }),
};
type Deed = keyof typeof COMMANDS;

const MAY: Readonly<Record<string, readonly Deed[]>> = {
  // The positive control of every deed.
  administrator: Object.keys(COMMANDS) as Deed[],
  reconcile: [
    "attach a deny to a governed role",
    "take a deny off a governed role",
    "take a deny off a break-glass role",
  ],
  publish: ["create a deny policy", "delete a deny policy"],
  remove: [
    "take a deny off a governed role",
    "take a deny off a break-glass role",
    "take a deny off a role of its own",
    "delete a deny policy",
  ],
};

/**
 * Not tried here: the conditions on `iam:PolicyARN`, and which policies may be created or deleted. The emulator
 * looks at neither; the evaluator of test/support does.
 */
describeWithMoto("an account that checks permissions", (moto) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await exampleStage(enforcing);
  });

  const deeds = Object.keys(COMMANDS) as Deed[];
  it.each(Object.keys(MAY).flatMap((name) => deeds.map((deed) => ({ name, deed, may: MAY[name]?.includes(deed) }))))(
    "$name may $deed: $may",
    async ({ name, deed, may }) => {
      const admin = new IAMClient(moto().client);
      await populate(admin, !deed.startsWith("delete"));
      const statements = name === "administrator" ? ALL : policyOf(roleOf(stage, name)).Statement;
      const caller = await actor(moto(), name, statements);
      await moto().checkPermissionsAfter(0);
      const outcome = await caller.send(COMMANDS[deed]() as ReturnType<typeof attachTo>).then(
        () => true,
        (error: Error) => (error.name === "AccessDenied" ? false : error),
      );
      await moto().checkPermissionsAfter(Number.POSITIVE_INFINITY);
      expect(outcome).toBe(may);
    },
  );
});

/** A deny policy, and roles of every kind that hold it or, where it is to be deleted, do not. */
async function populate(admin: IAMClient, attached: boolean): Promise<void> {
  await admin.send(create(OPUS.name, OPUS.text));
  for (const [RoleName, Path] of [
    ["batch", "/data-science/"],
    ["break-glass", "/data-science/"],
    ["admin", "/"],
    ["bedrock-governor-example-reconcile", "/bedrock-governor/example/"],
  ] as const) {
    await admin.send(new CreateRoleCommand({ RoleName, Path, AssumeRolePolicyDocument: TRUST }));
    if (attached) await admin.send(attachTo(RoleName));
  }
}

/** One who may do what the statements say. */
async function actor(moto: Moto, name: string, statements: readonly Statement[]): Promise<IAMClient> {
  return new IAMClient({ ...moto.client, credentials: await createKey(moto, name, statements) });
}
