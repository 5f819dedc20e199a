import { createIamDirectory } from "@bedrock-governor/aws/iam/directory";
import { describe, expect, it } from "vitest";
import { fakeIam, fakeTiming, iamError } from "./fake-iam.ts";

const MINUTE = 60_000;
const arn = (tail: string) => `arn:aws:iam::123456789012:${tail}`;

function setUp(pageSize?: number) {
  const iam = fakeIam(pageSize);
  const timing = fakeTiming();
  return { iam, timing, directory: createIamDirectory({ iam: iam.client, maxAgeMs: 5 * MINUTE, ...timing }) };
}

describe("the directory", () => {
  it("reads every page of roles and of users", async () => {
    const { iam, directory } = setUp(3);
    const tails = Array.from({ length: 14 }, (_, number) => `${number % 2 === 0 ? "role" : "user"}/member-${number}`);
    for (const tail of tails) iam.principals.add(arn(tail));
    expect((await directory.list()).map(({ id }) => id).sort()).toEqual(tails.toSorted());
    expect(iam.commands().toSorted()).toEqual([...Array(3).fill("ListRoles"), ...Array(3).fill("ListUsers")]);
  });

  it("asks IAM again when its list is too old, and gives the same one as long as nothing changed", async () => {
    const { iam, timing, directory } = setUp();
    iam.principals.add(arn("role/a"));
    const first = await directory.list();
    timing.pass(5 * MINUTE - 1);
    iam.principals.add(arn("role/b"));
    expect(await directory.list()).toBe(first);
    expect(iam.sent).toHaveLength(2);
    timing.pass(1);
    const second = await directory.list();
    expect(second.map(({ id }) => id)).toEqual(["role/a", "role/b"]);
    timing.pass(5 * MINUTE);
    expect(await directory.list()).toBe(second);
    expect(iam.sent).toHaveLength(6);
  });

  it("says of whom no policy can be attached to", async () => {
    const { iam, directory } = setUp();
    iam.principals.add(arn("role/aws-service-role/ops.amazonaws.com/AWSServiceRoleForOps"));
    iam.principals.add(arn("role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef"));
    const principals = await directory.list();
    expect(principals.map(({ undeniable }) => undeniable)).toEqual(["service-linked role", "Identity Center role"]);
  });

  it.each(["ListRoles", "ListUsers"])(
    "rejects if a page of %s is unread, and gives no old list for it",
    async (list) => {
      const { iam, timing, directory } = setUp(1);
      for (const tail of ["role/a", "role/b", "user/a", "user/b"]) iam.principals.add(arn(tail));
      await directory.list();
      timing.pass(5 * MINUTE);
      iam.before(list, ({ Marker }) => {
        if (Marker !== undefined) throw iamError("AccessDenied");
      });
      await expect(directory.list()).rejects.toThrow("AccessDenied");
    },
  );

  it("tries again what passes, and rejects an ARN that it cannot read", async () => {
    const { iam, directory } = setUp();
    iam.before("ListRoles", (_, nth) => {
      if (nth === 1) throw iamError("Throttling");
    });
    expect(await directory.list()).toEqual([]);
    const other = setUp();
    other.iam.before("ListUsers", () => ({ Users: [{ Arn: "nonsense" }] }));
    await expect(other.directory.list()).rejects.toThrow("nonsense");
  });
});
