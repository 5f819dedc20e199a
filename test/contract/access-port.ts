import { denyPolicies } from "@bedrock-governor/core/policy/deny-policies";
import type { DenyPolicy } from "@bedrock-governor/core/policy/deny-policy";
import type { Principal, PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { AccessPort, PublisherPort } from "@bedrock-governor/core/reconcile/ports";
import { beforeEach, describe, expect, it } from "vitest";

/** IAM, with what only others than the governor do to it. */
export interface AccessSubject {
  readonly access: AccessPort;
  readonly publisher: PublisherPort;
  /** Creates a role or user. @param tail of its ARN, as in `role/data-science/batch` */
  create(tail: string): Promise<Principal>;
  /** Deletes one with whatever is attached to it. */
  delete(principal: PrincipalId): Promise<void>;
  /** Creates a policy of another tool, outside the governor's path, and attaches it. */
  attachForeign(principal: PrincipalId, name: string): Promise<void>;
  /** Names of all policies attached to a principal, ours and others. */
  attached(principal: PrincipalId): Promise<readonly string[]>;
  /** Gives a published policy a document that allows everything, as an intruder would. */
  tamper(policyName: string): Promise<void>;
  /** Deletes a policy that is attached to nobody. */
  deletePolicy(policyName: string): Promise<void>;
}

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
const HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0";

export const contractPolicy = (...models: string[]): DenyPolicy => {
  const [policy] = denyPolicies(models, { partition: "aws", stage: "contract" });
  if (policy === undefined) throw new Error("no policy");
  return policy;
};

/** What `AccessPort` and `PublisherPort` promise, whoever stands behind them. */
export function describeAccessPort(name: string, makeSubject: () => Promise<AccessSubject>): void {
  describe(`access and publishing, by ${name}`, () => {
    const opus = contractPolicy(OPUS);
    const haiku = contractPolicy(HAIKU);
    let subject: AccessSubject;
    let role: Principal;
    beforeEach(async () => {
      subject = await makeSubject();
      role = await subject.create("role/data-science/batch");
    });
    const attached = async () => Object.fromEntries((await subject.access.observe()).attached);

    it("finds nothing in an account where nothing was published", async () => {
      const { published, attached } = await subject.access.observe();
      expect([published.size, attached.size]).toEqual([0, 0]);
    });

    it("publishes policies once, and shows what each denies", async () => {
      const names = new Set([opus.name, haiku.name]);
      expect(await subject.publisher.publish([opus, haiku])).toEqual(names);
      expect(await subject.publisher.publish([opus, haiku])).toEqual(names);
      expect((await subject.access.observe()).published).toEqual(
        new Map([
          [opus.name, [OPUS]],
          [haiku.name, [HAIKU]],
        ]),
      );
    });

    it("attaches to roles and users, and shows who holds what", async () => {
      const user = await subject.create("user/ci/builder");
      await subject.publisher.publish([opus, haiku]);
      expect(await subject.access.attach(role, opus.name)).toEqual({ status: "done" });
      expect(await subject.access.attach(user, opus.name)).toEqual({ status: "done" });
      expect(await subject.access.attach(user, haiku.name)).toEqual({ status: "done" });
      const { "role/batch": ofRole, "user/builder": ofUser, ...others } = await attached();
      expect([ofRole, [...(ofUser ?? [])].sort(), others]).toEqual([[opus.name], [opus.name, haiku.name].sort(), {}]);
    });

    it("takes what is attached already, and what is off already, for done", async () => {
      await subject.publisher.publish([opus]);
      await subject.access.attach(role, opus.name);
      expect(await subject.access.attach(role, opus.name)).toEqual({ status: "done" });
      expect(await subject.access.detach(role.id, opus.name)).toEqual({ status: "done" });
      expect(await subject.access.detach(role.id, opus.name)).toEqual({ status: "done" });
      expect(await attached()).toEqual({});
    });

    it("leaves policies of others alone, and does not show them", async () => {
      await subject.attachForeign(role.id, "their-guardrail");
      await subject.publisher.publish([opus]);
      await subject.access.attach(role, opus.name);
      expect(await attached()).toEqual({ "role/batch": [opus.name] });
      await subject.access.detach(role.id, opus.name);
      expect(await subject.attached(role.id)).toEqual(["their-guardrail"]);
    });

    it("says that a deleted principal is gone", async () => {
      await subject.publisher.publish([opus]);
      await subject.delete(role.id);
      expect(await subject.access.attach(role, opus.name)).toEqual({ status: "gone" });
      expect(["gone", "done"]).toContain((await subject.access.detach(role.id, opus.name)).status);
    });

    it("says that a deleted policy is not published", async () => {
      await subject.publisher.publish([opus]);
      await subject.deletePolicy(opus.name);
      expect(await subject.access.attach(role, opus.name)).toEqual({ status: "unpublished" });
    });

    it("attaches no policy whose document is not what its name says, and shows it as unknown", async () => {
      await subject.publisher.publish([opus]);
      await subject.tamper(opus.name);
      expect(await subject.access.attach(role, opus.name)).toMatchObject({ status: "blocked", full: false });
      expect(await subject.attached(role.id)).toEqual([]);
      const { published } = await subject.access.observe();
      expect([published.has(opus.name), published.get(opus.name)]).toEqual([true, undefined]);
    });

    it("sees what others do to attachments between two looks", async () => {
      await subject.publisher.publish([opus]);
      await subject.access.attach(role, opus.name);
      await subject.delete(role.id);
      expect(await attached()).toEqual({});
      await subject.create("role/data-science/batch");
      expect(await attached()).toEqual({});
    });

    it("shows every holder, however many there are", async () => {
      await subject.publisher.publish([opus]);
      const tails = Array.from({ length: 120 }, (_, number) => `role/team/member-${number}`);
      for (const tail of tails) await subject.access.attach(await subject.create(tail), opus.name);
      expect(Object.keys(await attached())).toHaveLength(120);
    });
  });
}
