import { parsePrincipalArn } from "@bedrock-governor/core/principal/principal";
import { type Selector, selects, selectsAny } from "@bedrock-governor/core/principal/selector";
import { describe, expect, it } from "vitest";

function principal(arn: string) {
  const parsed = parsePrincipalArn(arn);
  if (parsed === undefined) throw new Error(arn);
  return parsed;
}
const batch = principal("arn:aws:iam::111122223333:role/data-science/nightly/batch");
const ci = principal("arn:aws:iam::111122223333:user/ci");
const ana = principal(
  "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_DataScience_0123456789abcdef/ana@example.com",
);

describe("whom a selector names", () => {
  const table: readonly (readonly [Selector, readonly boolean[]])[] = [
    ["*", [true, true, true]],
    ["role/*", [true, false, false]],
    ["role/data-science/*", [true, false, false]],
    ["role/data-science/*/batch", [true, false, false]],
    ["role/batch", [true, false, false]],
    ["user/ci", [false, true, false]],
    ["user/c", [false, false, false]],
    ["sso/DataScience/*", [false, false, true]],
    ["sso/*/ana@example.com", [false, false, true]],
    ["arn:aws:iam::111122223333:user/*", [false, true, false]],
    ["arn:aws:iam::444455556666:*", [false, false, false]],
    ["arn:*", [true, true, true]],
  ];
  it.each(table)("%s selects role, user, Identity Center user: %j", (selector, expected) =>
    expect([batch, ci, ana].map((one) => selects(selector, one))).toEqual(expected),
  );
});

it("one of several selectors is enough", () => {
  expect(selectsAny(["user/ci", "role/data-science/*"], batch)).toBe(true);
  expect(selectsAny([], batch)).toBe(false);
});
