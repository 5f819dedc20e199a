import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { DirectoryPort } from "@bedrock-governor/core/reconcile/ports";
import { beforeEach, describe, expect, it } from "vitest";

export interface DirectorySubject {
  readonly port: DirectoryPort;
  /** Creates a role or user. @param tail of its ARN */
  create(tail: string): Promise<void>;
  delete(principal: PrincipalId): Promise<void>;
}

/** What `DirectoryPort` promises, whoever stands behind it. */
export function describeDirectoryPort(name: string, makeSubject: () => Promise<DirectorySubject>): void {
  describe(`the directory, by ${name}`, () => {
    let subject: DirectorySubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });
    const ids = async () => (await subject.port.list()).map(({ id }) => id).sort();

    it("names roles and users without their path, and keeps the path for selectors", async () => {
      await subject.create("role/data-science/batch");
      await subject.create("user/ci");
      const principals = [...(await subject.port.list())].sort((a, b) => (a.id < b.id ? -1 : 1));
      expect(principals).toEqual([
        {
          id: "role/batch",
          tail: "role/data-science/batch",
          arn: expect.stringMatching(/^arn:aws:iam::\d{12}:role\/data-science\/batch$/),
        },
        { id: "user/ci", tail: "user/ci", arn: expect.stringMatching(/^arn:aws:iam::\d{12}:user\/ci$/) },
      ]);
    });

    it("gives the same list as long as nothing changed, and another one afterwards", async () => {
      await subject.create("role/a");
      const before = await subject.port.list();
      expect(await subject.port.list()).toBe(before);
      await subject.create("role/b");
      expect(await ids()).toEqual(["role/a", "role/b"]);
      await subject.delete("role/a");
      expect(await ids()).toEqual(["role/b"]);
    });

    it("lists everyone, however many there are", async () => {
      const tails = Array.from(
        { length: 130 },
        (_, number) => `${number % 3 === 0 ? "user" : "role"}/member-${number}`,
      );
      for (const tail of tails) await subject.create(tail);
      expect(await ids()).toEqual(tails.toSorted());
    });
  });
}
