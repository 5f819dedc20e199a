import { removalPermissions } from "@bedrock-governor/aws/iam/permissions";
import { createRemoval, type RemovalOptions } from "@bedrock-governor/aws/iam/removal";
import { describe, expect, it } from "vitest";
import { contractPolicy } from "../../contract/access-port.ts";
import { type AccessRequest, evaluate } from "../../support/iam-evaluator.ts";
import { arnOf, type FakePolicy, fakeIam, fakeTiming, iamError, PLACE, type Sent } from "./fake-iam.ts";

const opus = contractPolicy("anthropic.claude-opus-4-5-20251101-v1:0");
const haiku = contractPolicy("anthropic.claude-haiku-4-5-20251001-v1:0");
const roleArn = (name: string) => `arn:aws:iam::123456789012:role/team/${name}`;
const USER = "arn:aws:iam::123456789012:user/builder";

function setUp(change: Partial<RemovalOptions> = {}, pageSize?: number) {
  const iam = fakeIam(pageSize);
  const timing = fakeTiming();
  for (const name of ["alice", "bob", "carol"]) iam.principals.add(roleArn(name));
  iam.principals.add(USER);
  const told: string[] = [];
  const removal = createRemoval({
    iam: iam.client,
    place: PLACE,
    ...timing,
    onLifted: (holder, policy) => told.push(`${policy} off ${holder}`),
    onDeleted: (policy) => told.push(`${policy} deleted`),
    ...change,
  });
  const hold = (policy: FakePolicy, ...holders: readonly string[]) => {
    for (const holder of holders) policy.holders.add(holder);
    return policy;
  };
  return { iam, timing, told, removal, hold };
}

describe("removing a stage's denies", () => {
  it("takes them off every role and user, on every page, and deletes the policies", async () => {
    const { iam, told, removal, hold } = setUp({}, 1);
    hold(iam.put(opus), "role/alice", "role/bob", "user/builder");
    hold(iam.put(haiku), "role/alice");
    iam.put(contractPolicy("acme.unused"));
    expect(await removal.remove()).toEqual({ lifted: 4, deleted: 3 });
    expect(iam.policies.size).toBe(0);
    expect(told).toHaveLength(7);
    expect(told[0]).toBe(`${opus.name} off role/alice`);
  });

  it("leaves other policies alone, those of other stages and below its own path included", async () => {
    const { iam, removal, hold } = setUp();
    const paths = [
      "/",
      "/bedrock-governor/other/deny/",
      "/bedrock-governor/test/guard/",
      "/bedrock-governor/test/deny/x/",
    ];
    const others = paths.map((path, index) =>
      hold(iam.put({ name: `policy-${index}`, text: "{}" }, { path }), "role/alice"),
    );
    hold(iam.put(opus), "role/alice");
    await removal.remove();
    expect([...iam.policies.values()]).toEqual(others);
    expect(others.every(({ holders }) => holders.has("role/alice"))).toBe(true);
  });

  it("removes what a run under way still attaches and publishes, and waits as long as a run lasts", async () => {
    const { iam, timing, told, removal, hold } = setUp();
    hold(iam.put(opus), "role/alice");
    iam.before("ListPolicies", (_, nth) => {
      if (nth === 5) hold(iam.put(haiku), "role/bob", "role/carol");
    });
    expect(await removal.remove()).toEqual({ lifted: 3, deleted: 2 });
    expect(iam.policies.size).toBe(0);
    expect(told).toContain(`${haiku.name} off role/carol`);
    expect(timing.now()).toBeGreaterThan(70_000 + 4 * 5_000);
    expect(timing.now()).toBeLessThan(120_000);
  });

  it("removes what is attached between its lifting and its deleting", async () => {
    const { iam, removal, hold } = setUp();
    const policy = hold(iam.put(opus), "role/alice");
    iam.before("DeletePolicy", (_, nth) => {
      if (nth === 1) policy.holders.add("role/bob");
    });
    expect(await removal.remove()).toEqual({ lifted: 2, deleted: 1 });
    expect(iam.policies.size).toBe(0);
  });

  it("counts as success what is gone already, and is done twice as well as once", async () => {
    const { iam, removal, hold } = setUp();
    const policy = hold(iam.put(opus), "role/alice", "role/deleted");
    iam.before("DetachRolePolicy", ({ RoleName }) => {
      if (RoleName === "deleted") policy.holders.delete("role/deleted");
    });
    iam.before("DeletePolicy", (_, nth) => {
      if (nth === 1) iam.policies.delete(arnOf(opus.name));
    });
    expect(await removal.remove()).toEqual({ lifted: 1, deleted: 0 });
    expect(await removal.remove()).toEqual({ lifted: 0, deleted: 0 });
  });

  it("goes on after one that cannot be removed, and says at the end which and what to do", async () => {
    const { iam, removal, hold } = setUp();
    hold(iam.put(opus), "role/alice", "role/bob");
    hold(iam.put(haiku), "role/carol");
    iam.before("DetachRolePolicy", ({ RoleName }) => {
      if (RoleName === "alice") throw iamError("UnmodifiableEntity", "alice is protected");
    });
    await expect(removal.remove()).rejects.toThrow(
      `1 could not be removed; do what stands beside each, and run the removal again:\nrole/alice, ${opus.name}: alice is protected; detach the policy by hand`,
    );
    expect([...iam.policies.values()].map(({ name, holders }) => [name, [...holders]])).toEqual([
      [opus.name, ["role/alice"]],
    ]);
  });

  it("names groups and boundaries, which somebody else made of its policies, and lifts the rest", async () => {
    const { iam, removal, hold } = setUp();
    const policy = hold(iam.put(opus, { boundaries: 1 }), "role/alice", "group/all");
    iam.before("ListEntitiesForPolicy", ({ PolicyUsageFilter }) =>
      PolicyUsageFilter === "PermissionsBoundary" ? { PolicyRoles: [{ RoleName: "dan" }] } : undefined,
    );
    const failure = removal.remove();
    await expect(failure).rejects.toThrow(`group/all, ${opus.name}: take the policy off there`);
    await expect(failure).rejects.toThrow("the permissions boundary of role/dan");
    expect([...policy.holders]).toEqual(["group/all"]);
  });

  it("says so of a policy that has other versions, which none of ours has", async () => {
    const { iam, removal } = setUp();
    iam.put(opus);
    iam.before("DeletePolicy", () => {
      throw iamError("DeleteConflict", "it has more than one version");
    });
    await expect(removal.remove()).rejects.toThrow(
      `policy ${opus.name}: it has more than one version; delete its other versions and then it, by hand`,
    );
  });

  it("tries again what IAM throttles, at its pace", async () => {
    const { iam, timing, removal, hold } = setUp();
    hold(iam.put(opus), "role/alice", "role/bob", "role/carol");
    const at: number[] = [];
    iam.after("DetachRolePolicy", () => at.push(timing.now()));
    iam.before("DetachRolePolicy", (_, nth) => {
      if (nth === 1) throw iamError("Throttling");
    });
    expect(await removal.remove()).toEqual({ lifted: 3, deleted: 1 });
    expect(at.slice(1).every((time, index) => time - (at[index] ?? 0) >= 500)).toBe(true);
  });

  it("stops at its deadline, says how much is left, and goes on when run again", async () => {
    const { iam, timing, hold } = setUp();
    hold(iam.put(opus), "role/alice", "role/bob", "role/carol", "user/builder");
    hold(iam.put(haiku), "role/alice");
    const options = { iam: iam.client, place: PLACE, ...timing };
    const hasty = createRemoval({ ...options, deadline: () => 700 });
    await expect(hasty.remove()).rejects.toThrow(
      "the removal ran out of time with 2 of the stage's deny policies left: run it again",
    );
    expect(iam.policies.get(arnOf(opus.name))?.holders).toEqual(new Set(["user/builder"]));
    expect(await createRemoval(options).remove()).toEqual({ lifted: 2, deleted: 2 });
  });

  it("does not say that all is done without having watched", async () => {
    const { iam, removal } = setUp({ deadline: () => 60_000 });
    iam.put(opus);
    await expect(removal.remove()).rejects.toThrow("no time to see whether a run under way attaches more");
    expect(iam.policies.size).toBe(0);
  });

  it("rejects when what is attached cannot be read", async () => {
    const { iam, removal } = setUp();
    iam.before("ListPolicies", () => {
      throw iamError("AccessDenied", "no ListPolicies");
    });
    await expect(removal.remove()).rejects.toThrow("no ListPolicies");
  });
});

describe("the remover's permissions", () => {
  const Statement = removalPermissions(PLACE).map(({ actions, resources, condition }) => ({
    Effect: "Allow" as const,
    Action: actions,
    Resource: resources,
    ...(condition && { Condition: condition }),
  }));
  const decide = (request: AccessRequest) => evaluate([{ Statement }], request);

  it("allow all that it sends, and nothing else", async () => {
    const { iam, removal, hold } = setUp();
    hold(iam.put(opus), "role/alice", "user/builder");
    await removal.remove();
    const requests = iam.sent.map(requestOf);
    expect(requests.filter((request) => decide(request) !== "allowed")).toEqual([]);
    expect(new Set(Statement.flatMap(({ Action }) => Action))).toEqual(new Set(requests.map(({ action }) => action)));
  });

  it.each<[string, AccessRequest]>([
    ["detach another policy", detaching(roleArn("alice"), "arn:aws:iam::aws:policy/ReadOnlyAccess")],
    ["detach another stage's", detaching(roleArn("alice"), arnOf(opus.name, "/bedrock-governor/other/deny/"))],
    ["delete another policy", { action: "iam:DeletePolicy", resource: arnOf("x", "/") }],
    ["attach anything", { ...detaching(roleArn("alice"), arnOf(opus.name)), action: "iam:AttachRolePolicy" }],
  ])("do not let it %s", (_, request) => {
    expect(decide(request)).toBe("implicitDeny");
  });
});

function detaching(resource: string, policy: string): AccessRequest {
  const action = resource.includes(":role/") ? "iam:DetachRolePolicy" : "iam:DetachUserPolicy";
  return { action, resource, context: { "iam:PolicyARN": policy } };
}

function requestOf({ command, input }: Sent): AccessRequest {
  if (command === "ListPolicies") return { action: "iam:ListPolicies", resource: "*" };
  const policy = String(input.PolicyArn);
  if (command === "DetachRolePolicy") return detaching(roleArn(String(input.RoleName)), policy);
  if (command === "DetachUserPolicy") return detaching(USER, policy);
  return { action: `iam:${command}`, resource: policy };
}
