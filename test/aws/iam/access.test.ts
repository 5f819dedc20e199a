import { createIamAccess } from "@bedrock-governor/aws/iam/access";
import { type Principal, parsePrincipalArn } from "@bedrock-governor/core/principal/principal";
import { describe, expect, it } from "vitest";
import { contractPolicy } from "../../contract/access-port.ts";
import { arnOf, fakeIam, fakeTiming, iamError, PLACE } from "./fake-iam.ts";

const opus = contractPolicy("anthropic.claude-opus-4-5-20251101-v1:0");
const haiku = contractPolicy("anthropic.claude-haiku-4-5-20251001-v1:0");
const ROLE = "arn:aws:iam::123456789012:role/data-science/batch";
const USER = "arn:aws:iam::123456789012:user/ci/builder";
const principal = (arn: string): Principal => {
  const parsed = parsePrincipalArn(arn);
  if (parsed === undefined) throw new Error(arn);
  return parsed;
};
const role = principal(ROLE);
const user = principal(USER);
const EXPLICIT_ALLOW = opus.text.replace('"Effect":"Deny"', '"Effect":"Allow"');

function setUp(pageSize?: number) {
  const iam = fakeIam(pageSize);
  iam.principals.add(ROLE).add(USER);
  const timing = fakeTiming();
  return { iam, timing, access: createIamAccess({ iam: iam.client, place: PLACE, ...timing }) };
}

describe("observing", () => {
  it("costs one call in an account without policies", async () => {
    const { iam, access } = setUp();
    await access.observe();
    expect(iam.sent).toEqual([
      {
        command: "ListPolicies",
        input: { Scope: "Local", PathPrefix: "/bedrock-governor/test/deny/", MaxItems: 1_000 },
      },
    ]);
  });

  it("reads a document once, and afterwards costs one call and one more per attached policy", async () => {
    const { iam, access } = setUp();
    iam.put(opus).holders.add("role/batch");
    iam.put(haiku);
    const first = await access.observe();
    expect(iam.commands().filter((command) => command === "GetPolicyVersion")).toHaveLength(2);
    iam.sent.length = 0;
    expect(await access.observe()).toEqual(first);
    expect(iam.commands()).toEqual(["ListPolicies", "ListEntitiesForPolicy"]);
  });

  it("reads every page of policies and of holders", async () => {
    const { iam, access } = setUp(2);
    const policies = Array.from({ length: 5 }, (_, number) => contractPolicy(`acme.model-${number}`));
    for (const policy of policies) iam.put(policy);
    const held = iam.put(opus);
    for (let number = 0; number < 7; number++) held.holders.add(`role/member-${number}`);
    held.holders.add("user/builder");
    const { published, attached } = await access.observe();
    expect([...published.keys()].sort()).toEqual([opus, ...policies].map(({ name }) => name).sort());
    expect(attached.size).toBe(8);
  });

  it.each(["ListPolicies", "ListEntitiesForPolicy"])("rejects if the second page of %s is unread", async (command) => {
    const { iam, access } = setUp(1);
    for (const policy of [opus, haiku]) iam.put(policy).holders.add("role/a").add("role/b");
    iam.before(command, ({ Marker }) => {
      if (Marker !== undefined) throw iamError("AccessDenied");
    });
    await expect(access.observe()).rejects.toThrow("AccessDenied");
  });

  it("reads no further after a failure", async () => {
    const { iam, access } = setUp();
    for (let number = 0; number < 50; number++) iam.put(contractPolicy(`acme.model-${number}`));
    iam.before("GetPolicyVersion", () => {
      throw iamError("AccessDenied");
    });
    await expect(access.observe()).rejects.toThrow("AccessDenied");
    await new Promise((resolve) => setImmediate(resolve));
    expect(iam.sent.length).toBeLessThan(8);
  });

  it("rejects if IAM says that there is more, and not where", async () => {
    const { iam, access } = setUp();
    iam.before("ListPolicies", () => ({ Policies: [], IsTruncated: true }));
    await expect(access.observe()).rejects.toThrow("cut a list short");
  });

  it("shows neither groups, nor who is bounded by a policy, nor policies at paths of others", async () => {
    const { iam, access } = setUp();
    iam.put(opus, { boundaries: 3 }).holders.add("group/all").add("user/builder");
    iam.put(haiku, { path: "/bedrock-governor/test/deny/deeper/" }).holders.add("role/batch");
    iam.put(contractPolicy("acme.unused"), { path: "/bedrock-governor/test/deny/deeper/" });
    const { published, attached } = await access.observe();
    expect([...published.keys()]).toEqual([opus.name]);
    expect(attached).toEqual(new Map([["user/builder", [opus.name]]]));
    const asked = iam.sent.find(({ command }) => command === "ListEntitiesForPolicy");
    expect(asked?.input).toMatchObject({ PolicyUsageFilter: "PermissionsPolicy" });
  });

  it("asks for the holders of a policy of which IAM does not say whether it has any", async () => {
    const { iam, access } = setUp();
    const { policyId } = iam.put(opus, { holders: new Set(["role/batch"]) });
    iam.before("ListPolicies", () => ({
      Policies: [
        { PolicyName: opus.name, Path: "/bedrock-governor/test/deny/", PolicyId: policyId, DefaultVersionId: "v1" },
      ],
    }));
    expect((await access.observe()).attached).toEqual(new Map([["role/batch", [opus.name]]]));
  });

  it("notices another document under the same name, and another policy", async () => {
    const { iam, access } = setUp();
    const policy = iam.put(opus);
    const denied = async () => (await access.observe()).published.get(opus.name);
    expect(await denied()).toEqual(opus.members);
    Object.assign(policy, { versionId: "v2", text: EXPLICIT_ALLOW });
    expect(await denied()).toBeUndefined();
    Object.assign(policy, { versionId: "v1", text: opus.text, policyId: "ANPAOTHER" });
    expect(await denied()).toEqual(opus.members);
  });

  it("leaves out a policy that is deleted while it looks", async () => {
    const { iam, access } = setUp();
    iam.put(opus).holders.add("role/batch");
    iam.before("ListEntitiesForPolicy", () => {
      iam.policies.clear();
    });
    const { published, attached } = await access.observe();
    expect([published.size, attached.size]).toEqual([0, 0]);
  });

  it("rejects if the document of a policy in force is taken away while it looks", async () => {
    const { iam, access } = setUp();
    const policy = iam.put(opus);
    policy.holders.add("role/batch");
    iam.before("GetPolicyVersion", () => {
      policy.versionId = "v2";
    });
    await expect(access.observe()).rejects.toThrow(`the document of ${opus.name} is unread`);
  });
});

describe("attaching", () => {
  it("reads the policy, attaches it to a role, and looks again", async () => {
    const { iam, access } = setUp();
    const { holders } = iam.put(opus);
    expect(await access.attach(role, opus.name)).toEqual({ status: "done" });
    expect(iam.commands()).toEqual(["GetPolicy", "GetPolicyVersion", "AttachRolePolicy", "GetPolicy"]);
    expect(iam.sent[2]?.input).toEqual({ RoleName: "batch", PolicyArn: arnOf(opus.name) });
    expect([...holders]).toEqual(["role/batch"]);
  });

  it("attaches to a user", async () => {
    const { iam, access } = setUp();
    const { holders } = iam.put(opus);
    expect(await access.attach(user, opus.name)).toEqual({ status: "done" });
    expect([...holders]).toEqual(["user/builder"]);
  });

  it("reads the policy before every attach, however often it was found good", async () => {
    const { iam, access } = setUp();
    const policy = iam.put(opus);
    await access.observe();
    await access.attach(role, opus.name);
    policy.text = EXPLICIT_ALLOW;
    expect(await access.attach(user, opus.name)).toMatchObject({ status: "blocked" });
    expect(iam.commands()).not.toContain("AttachUserPolicy");
  });

  it.each([
    ["allows instead", EXPLICIT_ALLOW],
    ["is another policy's", haiku.text],
    ["has one resource more", opus.text.replace('"Resource":[', '"Resource":["*",')],
    ["has one statement more", opus.text.replace(/\]\}$/, ',{"Effect":"Allow","Action":"*","Resource":"*"}]}')],
    ["is no JSON", "%"],
  ])("refuses a policy whose document %s", async (_, text) => {
    const { iam, access } = setUp();
    iam.put({ name: opus.name, text });
    expect(await access.attach(role, opus.name)).toEqual({
      status: "blocked",
      why: `the document of ${opus.name} is not what its name says`,
      remedy: `delete the policy ${opus.name} and find out who changed it`,
      full: false,
    });
    expect(iam.commands()).toEqual(["GetPolicy", "GetPolicyVersion"]);
  });

  it("refuses a document that it cannot decode", async () => {
    const { iam, access } = setUp();
    iam.put(opus);
    iam.before("GetPolicyVersion", () => ({ PolicyVersion: { Document: "%zz" } }));
    expect(await access.attach(role, opus.name)).toMatchObject({ status: "blocked" });
  });

  it.each([
    ["deleted and made again", { policyId: "ANPAOTHER" }],
    ["given another document", { versionId: "v2" }],
  ])("detaches a policy that was %s between the read and the attach", async (_, change) => {
    const { iam, access } = setUp();
    const policy = iam.put(opus);
    iam.before("AttachRolePolicy", () => {
      Object.assign(policy, { text: EXPLICIT_ALLOW, ...change });
    });
    expect(await access.attach(role, opus.name)).toEqual({
      status: "blocked",
      why: `${opus.name} was changed while it was attached, and was detached again`,
      remedy: `find out who changed the policy ${opus.name}`,
      full: false,
    });
    expect([...policy.holders]).toEqual([]);
  });

  it("rejects if it could not look again: the next observation reads the document", async () => {
    const { iam, access } = setUp();
    iam.put(opus);
    iam.before("GetPolicy", (_, nth) => {
      if (nth > 1) throw iamError("AccessDenied");
    });
    await expect(access.attach(role, opus.name)).rejects.toThrow("AccessDenied");
  });

  it("says which of the two is not there: the policy or the principal", async () => {
    const { iam, access } = setUp();
    expect(await access.attach(role, opus.name)).toEqual({ status: "unpublished" });
    iam.put(opus);
    iam.before("AttachRolePolicy", (_, nth) => {
      if (nth > 1) return;
      throw iamError("NoSuchEntity", `Policy ${arnOf(opus.name)} does not exist or is not attachable.`, 404);
    });
    expect(await access.attach(role, opus.name)).toEqual({ status: "unpublished" });
    iam.principals.clear();
    expect(await access.attach(role, opus.name)).toEqual({ status: "gone" });
  });

  it("takes a missing permission to read for a defect, and no matter of the principal", async () => {
    const { iam, access } = setUp();
    iam.before("GetPolicy", () => {
      throw iamError("AccessDenied", "not authorized to perform iam:GetPolicy", 403);
    });
    await expect(access.attach(role, opus.name)).rejects.toThrow("not authorized to perform iam:GetPolicy");
  });
});

describe("detaching", () => {
  it.each([
    [role, "DetachRolePolicy", { RoleName: "batch" }],
    [user, "DetachUserPolicy", { UserName: "builder" }],
  ])("takes the policy off $id with one call", async ({ id }, command, whom) => {
    const { iam, access } = setUp();
    const { holders } = iam.put(opus);
    holders.add(id);
    expect(await access.detach(id, opus.name)).toEqual({ status: "done" });
    expect(iam.sent).toEqual([{ command, input: { ...whom, PolicyArn: arnOf(opus.name) } }]);
    expect(holders.size).toBe(0);
  });

  it("takes a policy that is off already for done, and says that a principal is gone", async () => {
    const { iam, access } = setUp();
    iam.put(opus);
    expect(await access.detach(role.id, opus.name)).toEqual({ status: "done" });
    iam.principals.clear();
    expect(await access.detach(role.id, opus.name)).toEqual({ status: "gone" });
  });
});

describe("what IAM refuses", () => {
  const refusals = [
    ["LimitExceededException", true, /^detach a policy from .* quota of attached policies raised$/],
    ["UnmodifiableEntityException", false, /^give .* a guard policy, attached by whoever owns it$/],
  ] as const;
  const denied = {
    Attach: /^add .* to the principals this stage governs$/,
    Detach: /^find the explicit Deny, service control policy or permissions boundary .* from detaching/,
  };
  const writes = [
    ["AttachRolePolicy", role],
    ["AttachUserPolicy", user],
    ["DetachRolePolicy", role],
    ["DetachUserPolicy", user],
  ] as const;
  const cases = writes.flatMap((write) => {
    const remedy = write[0].startsWith("Attach") ? denied.Attach : denied.Detach;
    const accessDenied = (["AccessDenied", "AccessDeniedException"] as const).map(
      (name) => [name, false, remedy] as const,
    );
    return [...refusals, ...accessDenied].map((refusal) => [...refusal, ...write] as const);
  });

  it.each(cases)("%s needs a person (full: %s, %s) of %s", async (name, full, remedy, command, { id }) => {
    const { iam, access } = setUp();
    iam.put(opus).holders.add("role/batch").add("user/builder");
    iam.before(command, () => {
      throw iamError(name, "IAM's own words");
    });
    const write = command.startsWith("Attach")
      ? access.attach(principalOf(id), opus.name)
      : access.detach(id, opus.name);
    const outcome = await write;
    expect(outcome).toEqual({
      status: "blocked",
      why: `${name.replace("Exception", "")}: IAM's own words`,
      remedy: expect.stringMatching(remedy),
      full,
    });
    expect(outcome).toMatchObject({ remedy: expect.stringContaining(id) });
    expect(iam.commands().filter((sent) => sent === command)).toHaveLength(1);
  });
  const principalOf = (id: string) => (id === role.id ? role : user);

  it.each(["sso/Analysts/ann@example.com", "arn:aws:iam::123456789012:root", "role/a/b"])(
    "asks IAM nothing about %s, which can hold no policy",
    async (id) => {
      const { iam, access } = setUp();
      const blocked = { status: "blocked", remedy: `give ${id} a guard policy, attached by whoever owns it` };
      expect(await access.attach({ id, tail: id, arn: id }, opus.name)).toMatchObject(blocked);
      expect(await access.detach(id, opus.name)).toMatchObject(blocked);
      expect(iam.sent).toEqual([]);
    },
  );
});

describe("what passes", () => {
  it("is tried again", async () => {
    const { iam, access } = setUp();
    const { holders } = iam.put(opus);
    iam.before("AttachRolePolicy", (_, nth) => {
      if (nth < 3) throw iamError("Throttling", "Rate exceeded");
    });
    expect(await access.attach(role, opus.name)).toEqual({ status: "done" });
    expect([...holders]).toEqual(["role/batch"]);
  });

  it("rejects in the end, with what was tried, on whom, and the cause", async () => {
    const { iam, access } = setUp();
    iam.put(opus);
    const cause = iamError("Throttling", "Rate exceeded");
    iam.before("AttachRolePolicy", () => {
      throw cause;
    });
    const failure = access.attach(role, opus.name);
    await expect(failure).rejects.toThrow(`attaching ${opus.name} to role/batch: Rate exceeded`);
    await expect(failure).rejects.toMatchObject({ cause });
  });

  it("is not tried again once the run is over", async () => {
    const { iam, timing } = setUp();
    const access = createIamAccess({ iam: iam.client, place: PLACE, ...timing, deadline: () => timing.now() });
    iam.before("DetachRolePolicy", () => {
      throw iamError("Throttling");
    });
    await expect(access.detach(role.id, opus.name)).rejects.toThrow();
    expect(iam.sent).toHaveLength(1);
  });

  it("writes at most two in a second, and reads as it likes", async () => {
    const { iam, timing, access } = setUp();
    iam.put(opus);
    const at: number[] = [];
    for (const command of ["AttachRolePolicy", "DetachRolePolicy"]) iam.after(command, () => at.push(timing.now()));
    for (let round = 0; round < 5; round++) {
      await access.attach(role, opus.name);
      await access.detach(role.id, opus.name);
      await access.observe();
    }
    expect(at).toHaveLength(10);
    expect(at.every((time, index) => index === 0 || time - (at[index - 1] ?? 0) >= 500)).toBe(true);
    expect(timing.sleeps).toHaveLength(9);
  });
});
