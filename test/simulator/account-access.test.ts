import { denyPolicies } from "@bedrock-governor/core/policy/deny-policies";
import type { DenyPolicy } from "@bedrock-governor/core/policy/deny-policy";
import type { Account } from "@bedrock-governor/simulator/account/account";
import { describe, expect, it } from "vitest";
import { HAIKU, MINUTE, OPUS, setUp, use } from "./account-scene.ts";
import { fixedLatency } from "./fixed-latency.ts";

const policyFor = (...models: string[]): DenyPolicy => {
  const [policy, ...more] = denyPolicies(models, { partition: "aws" });
  if (policy === undefined || more.length > 0) throw new Error("not one policy");
  return policy;
};

async function deny(account: Account, tail: string, ...models: string[]) {
  const policy = policyFor(...models);
  await account.ports.publisher.publish([policy]);
  const outcome = await account.ports.access.attach(account.directory.create(tail), policy.name);
  return { policy, outcome };
}

describe("access in the account", () => {
  it("a call is refused once the deny works, and not before", async () => {
    const { account, pass } = setUp();
    const alice = account.callers.caller("role/alice", OPUS);
    await deny(account, "role/alice", OPUS);
    await pass(3_999);
    expect(account.call(alice, use(1))).toBe(true);
    await pass(1);
    expect(account.call(alice, use(1))).toBe(false);
  });

  it("a deny closes every road to its model for its principal, and nothing else", async () => {
    const { account, pass } = setUp();
    await deny(account, "role/alice", OPUS);
    await pass(4_000);
    const arn = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.${OPUS}`;
    for (const spelling of [OPUS, `us.${OPUS}`, `global.${OPUS}`, arn]) {
      expect(account.isDenied("role/alice", spelling)).toBe(true);
    }
    expect(account.isDenied("role/alice", OPUS, "mantle")).toBe(true);
    for (const road of ["runtime", "mantle"] as const) {
      expect(account.isDenied("role/alice", HAIKU, road)).toBe(false);
      expect(account.isDenied("role/bob", OPUS, road)).toBe(false);
    }
  });

  it("knows the models behind application profiles and provisioned throughput", async () => {
    const profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    const provisioned = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/xyz";
    const catalogue = {
      models: [OPUS],
      aliases: new Map([
        [profile, OPUS],
        [provisioned, OPUS],
      ]),
      otherArns: new Map(),
    };
    const { account, pass } = setUp({ catalogue });
    await deny(account, "role/alice", OPUS);
    await pass(4_000);
    expect(account.isDenied("role/alice", profile)).toBe(true);
    // Its ARN has to be named, and this policy was made without the catalogue.
    expect(account.isDenied("role/alice", provisioned)).toBe(false);
  });

  it("a lift takes as long to work as a deny", async () => {
    const { account, pass } = setUp();
    const { policy } = await deny(account, "role/alice", OPUS);
    await pass(4_000);
    await account.ports.access.detach("role/alice", policy.name);
    await pass(3_999);
    expect(account.isDenied("role/alice", OPUS)).toBe(true);
    await pass(1);
    expect(account.isDenied("role/alice", OPUS)).toBe(false);
  });

  it("a deny that takes longer than its lift does not come back after it", async () => {
    const drawn = fixedLatency({ iamPropagationMs: { lognormal: { median: 4_000, sigma: 1.5 } } });
    for (let seed = 0; seed < 20; seed++) {
      const { account, pass } = setUp({ latency: drawn, seed });
      const { policy } = await deny(account, "role/alice", OPUS);
      await account.ports.access.detach("role/alice", policy.name);
      await pass(MINUTE);
      expect(account.isDenied("role/alice", OPUS)).toBe(false);
    }
  });

  it("policies of other tools stay, count for the quota, and deny what they deny", async () => {
    const { account, pass } = setUp({ quota: 2 });
    const role = account.directory.create("role/alice");
    for (const name of ["their-guard", "their-other"]) {
      account.policies.createForeign(name, {
        Statement: [{ Effect: "Deny", Action: "bedrock:*", Resource: `arn:aws:bedrock:*::foundation-model/${HAIKU}` }],
      });
      account.attachments.write(role.id, name, true);
    }
    const { policy, outcome } = await deny(account, "role/alice", OPUS);
    expect(outcome).toMatchObject({ status: "blocked", full: true });
    expect((await account.ports.access.observe()).attached.size).toBe(0);
    await account.ports.access.detach(role.id, policy.name);
    await pass(MINUTE);
    expect(account.attachments.of(role.id)).toEqual(["their-guard", "their-other"]);
    expect(account.isDenied("role/alice", HAIKU)).toBe(true);
  });

  it("a policy whose document was changed is shown as such and attached to nobody", async () => {
    const { account } = setUp();
    const policy = policyFor(OPUS);
    await account.ports.publisher.publish([policy]);
    account.policies.rewrite(policy.name, { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
    const outcome = await account.ports.access.attach(account.directory.create("role/alice"), policy.name);
    expect(outcome).toMatchObject({ status: "blocked", full: false });
    expect((await account.ports.access.observe()).published).toEqual(new Map([[policy.name, undefined]]));
  });

  it("a role that is made again under its name has nothing attached, and old writes do not reach it", async () => {
    const { account, pass } = setUp();
    const { policy } = await deny(account, "role/alice", OPUS);
    account.directory.delete("role/alice");
    expect(await account.ports.access.detach("role/alice", policy.name)).toEqual({ status: "gone" });
    const again = account.directory.create("role/alice");
    await pass(MINUTE);
    expect(account.isDenied("role/alice", OPUS)).toBe(false);
    expect((await account.ports.access.observe()).attached.size).toBe(0);
    expect(await account.ports.access.attach(again, policy.name)).toEqual({ status: "done" });
  });

  it("nobody calls as a role that is deleted, until it is made again", async () => {
    const { account } = setUp();
    const alice = account.callers.caller("role/alice", OPUS);
    account.directory.delete("role/alice");
    expect(account.call(alice, use(1))).toBe(false);
    account.directory.create("role/alice");
    expect(account.call(alice, use(1))).toBe(true);
  });

  it("roles of IAM's own paths refuse changes", async () => {
    const { account } = setUp();
    const tails = [
      "role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
      "role/AWSReservedSSO_Dev_0123456789abcdef",
    ];
    for (const tail of tails) {
      const { outcome } = await deny(account, tail, OPUS);
      expect(outcome).toMatchObject({ status: "blocked", why: expect.stringContaining("UnmodifiableEntity") });
    }
  });

  it("a planned fault fails as often as it is planned, with or without taking effect", async () => {
    const { account } = setUp();
    account.faults.plan("role/alice", "timed out before", 1);
    account.faults.plan("role/alice", "timed out after", 1);
    account.faults.plan("role/alice", "access denied", 1);
    await expect(deny(account, "role/alice", OPUS)).rejects.toThrow("timed out before");
    expect(account.attachments.of("role/alice")).toEqual([]);
    await expect(deny(account, "role/alice", OPUS)).rejects.toThrow("timed out after");
    expect(account.attachments.of("role/alice")).toHaveLength(1);
    expect((await deny(account, "role/alice", OPUS)).outcome).toMatchObject({ status: "blocked" });
    expect((await deny(account, "role/alice", OPUS)).outcome).toEqual({ status: "done" });
  });

  it("reads can lag behind writes", async () => {
    const { account, pass } = setUp({ staleReadsMs: 2_000 });
    const { policy } = await deny(account, "role/alice", OPUS);
    expect((await account.ports.access.observe()).attached.size).toBe(0);
    await pass(2_000);
    expect((await account.ports.access.observe()).attached).toEqual(new Map([["role/alice", [policy.name]]]));
  });
});
