import { LimitExceededException } from "@aws-sdk/client-iam";
import { prune } from "@bedrock-governor/aws/iam/prune";
import { createIamPublisher } from "@bedrock-governor/aws/iam/publisher";
import { describe, expect, it } from "vitest";
import { contractPolicy } from "../../contract/access-port.ts";
import { arnOf, fakeIam, fakeTiming, iamError, PATH, PLACE } from "./fake-iam.ts";

const opus = contractPolicy("anthropic.claude-opus-4-5-20251101-v1:0");
const haiku = contractPolicy("anthropic.claude-haiku-4-5-20251001-v1:0");
const nova = contractPolicy("amazon.nova-pro-v1:0");
const names = (...policies: readonly { name: string }[]) => new Set(policies.map(({ name }) => name));
const QUOTA = "Cannot exceed quota for PoliciesPerAccount: 1500";

function setUp(pageSize?: number) {
  const iam = fakeIam(pageSize);
  const timing = fakeTiming();
  const options = { iam: iam.client, place: PLACE, ...timing };
  const left = () => names(...iam.policies.values());
  /** @param most policies that the account may hold */
  const fill = (most: number) =>
    iam.before("CreatePolicy", () => {
      if (iam.policies.size >= most) throw new LimitExceededException({ message: QUOTA, $metadata: {} });
    });
  return { iam, timing, options, left, fill, publisher: createIamPublisher(options) };
}

describe("publishing", () => {
  it("creates a policy at the stage's path, described and tagged", async () => {
    const { iam, publisher } = setUp();
    expect(await publisher.publish([opus])).toEqual(names(opus));
    expect(iam.sent[0]).toEqual({
      command: "CreatePolicy",
      input: {
        PolicyName: opus.name,
        Path: PATH,
        PolicyDocument: opus.text,
        Description: opus.description,
        Tags: [
          { Key: "managed-by", Value: "bedrock-governor" },
          { Key: "bedrock-governor:stage", Value: "test" },
        ],
      },
    });
  });

  it.each([
    ["that", {}],
    // Attaching reads it, refuses it and says so: left out here, nobody would hear why somebody is not denied.
    ["another", { text: haiku.text }],
  ])("counts what exists already at its path, with %s document, and leaves it alone", async (_, change) => {
    const { iam, publisher } = setUp();
    const before = { ...iam.put(opus, change) };
    expect(await publisher.publish([opus, haiku])).toEqual(names(opus, haiku));
    expect(iam.policies.get(arnOf(opus.name))).toEqual(before);
    expect(iam.policies.size).toBe(2);
    expect(iam.commands().filter((command) => !command.startsWith("Get"))).toEqual(["CreatePolicy", "CreatePolicy"]);
  });

  it("rejects, and leaves alone, a policy of that name at another path", async () => {
    const { iam, publisher } = setUp();
    const before = { ...iam.put(opus, { path: "/theirs/" }) };
    await expect(publisher.publish([opus])).rejects.toThrow(
      `publishing ${opus.name}: another path than ${PATH} has a policy of that name: delete it`,
    );
    expect([...iam.policies.values()]).toEqual([before]);
  });

  it("publishes the others before it rejects, and says all that failed", async () => {
    const { iam, publisher, left } = setUp();
    for (const policy of [opus, nova]) iam.put(policy, { path: "/theirs/" });
    const failure = publisher.publish([opus, haiku, nova]);
    await expect(failure).rejects.toThrow(/^publishing .*opus.*\npublishing .*nova.*: delete it$/);
    expect(left()).toEqual(names(opus, haiku, nova));
  });

  it("stops at a failure that passes: the others would meet it too", async () => {
    const { iam, publisher } = setUp();
    iam.before("CreatePolicy", ({ PolicyName }) => {
      if (PolicyName === opus.name) throw iamError("Throttling");
    });
    await expect(publisher.publish([opus, haiku])).rejects.toThrow(`publishing ${opus.name}: Throttling`);
    expect(iam.policies.size).toBe(0);
  });

  it("blames no other path when only the time was over", async () => {
    const { iam, timing, options } = setUp();
    iam.put(opus);
    iam.before("GetPolicy", () => {
      throw iamError("NoSuchEntityException");
    });
    const publisher = createIamPublisher({ ...options, deadline: () => timing.now() + 900 });
    expect(await publisher.publish([opus])).toEqual(new Set());
  });

  it("resolves once IAM shows what was created, and leaves out what it does not show", async () => {
    const { iam, timing, publisher } = setUp();
    iam.before("GetPolicy", ({ PolicyArn }, nth) => {
      if (PolicyArn === arnOf(haiku.name) || nth < 3) throw iamError("NoSuchEntityException");
    });
    expect(await publisher.publish([opus])).toEqual(names(opus));
    expect(timing.now()).toBe(2_000);
    expect(await publisher.publish([haiku])).toEqual(new Set());
  });

  it("publishes nothing whose name is not the name of its document", async () => {
    const { iam, publisher } = setUp();
    await expect(publisher.publish([{ ...opus, text: haiku.text }])).rejects.toThrow("not the name of that document");
    expect(iam.sent).toEqual([]);
  });

  it("makes room once in a full account, by deleting its own policies that nobody holds or asked for", async () => {
    const { iam, publisher, left, fill } = setUp(2);
    const held = iam.put(contractPolicy("acme.held"));
    held.holders.add("role/batch");
    for (let number = 0; number < 5; number++) iam.put(contractPolicy(`acme.unused-${number}`));
    iam.put(haiku);
    const foreign = iam.put({ name: "theirs", text: "{}" }, { path: "/theirs/" });
    fill(iam.policies.size);
    expect(await publisher.publish([opus, haiku, nova])).toEqual(names(opus, haiku, nova));
    expect(left()).toEqual(names(held, foreign, opus, haiku, nova));
  });

  it("rejects with a remedy if there is no room to make", async () => {
    const { iam, publisher, left, fill } = setUp();
    const held = iam.put(contractPolicy("acme.held"));
    held.holders.add("role/batch");
    iam.put(contractPolicy("acme.unused"));
    fill(2);
    await expect(publisher.publish([opus, haiku, nova])).rejects.toThrow(
      `publishing ${haiku.name}: ${QUOTA}; delete policies, or have the account's quota of policies raised`,
    );
    expect(left()).toEqual(names(held, opus));
    expect(iam.commands().filter((command) => command === "ListPolicies")).toHaveLength(1);
  });

  it("is paced, tries again what passes, and rejects with the policy's name and the cause", async () => {
    const { iam, timing, publisher } = setUp();
    const at: number[] = [];
    iam.after("CreatePolicy", () => at.push(timing.now()));
    iam.before("CreatePolicy", (_, nth) => {
      if (nth === 2) throw iamError("Throttling");
    });
    expect(await publisher.publish([opus, haiku, nova])).toEqual(names(opus, haiku, nova));
    expect(at.slice(1).every((time, index) => time - (at[index] ?? 0) >= 500)).toBe(true);
    const cause = iamError("AccessDenied", "not authorized to perform iam:CreatePolicy");
    iam.before("CreatePolicy", () => {
      throw cause;
    });
    const failure = publisher.publish([opus]);
    await expect(failure).rejects.toThrow(`publishing ${opus.name}: not authorized to perform iam:CreatePolicy`);
    await expect(failure).rejects.toMatchObject({ cause });
  });

  it("leaves what the deadline does not admit to the next run", async () => {
    const { options, timing } = setUp();
    const publisher = createIamPublisher({ ...options, deadline: () => 600 });
    expect(await publisher.publish([opus, haiku, nova])).toEqual(names(opus, haiku));
    expect(timing.now()).toBeLessThan(1_000);
  });
});

describe("pruning", () => {
  it("deletes what nobody holds, on every page, and names it", async () => {
    const { iam, options, left } = setUp(1);
    const held = iam.put(opus);
    held.holders.add("group/all");
    const bounds = iam.put(haiku, { boundaries: 1 });
    const wanted = iam.put(nova);
    const unused = [iam.put(contractPolicy("acme.one")), iam.put(contractPolicy("acme.two"))];
    expect(await prune(options, names(wanted))).toEqual(names(...unused));
    expect(left()).toEqual(names(held, bounds, wanted));
    expect(iam.commands().filter((command) => command === "DeletePolicy")).toHaveLength(2);
  });

  it.each(["DeleteConflictException", "NoSuchEntityException"])("goes on after %s", async (name) => {
    const { iam, options } = setUp();
    for (const policy of [opus, haiku]) iam.put(policy);
    iam.before("DeletePolicy", ({ PolicyArn }) => {
      if (PolicyArn === arnOf(opus.name)) throw iamError(name);
    });
    expect(await prune(options, new Set())).toEqual(names(haiku));
  });

  it("stops at the deadline, and rejects when IAM does not let it", async () => {
    const { iam, options } = setUp();
    for (const policy of [opus, haiku, nova]) iam.put(policy);
    expect((await prune({ ...options, deadline: () => 600 }, new Set())).size).toBe(2);
    iam.before("DeletePolicy", () => {
      throw iamError("AccessDenied");
    });
    await expect(prune(options, new Set())).rejects.toThrow("AccessDenied");
  });
});
