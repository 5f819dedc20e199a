import { createMetering } from "@bedrock-governor/core/metering/metering";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import { describe, expect, it } from "vitest";
import { invocationMessage } from "../../support/invocation-record.ts";
import { createWorld, DEPLOYMENT, dailyLimit, MINUTE, OPUS } from "../../support/world.ts";

const A = DEPLOYMENT.account;
const ALICE = "role/alice";

/** The principal whom the meter counts calls of an identity for. */
function principalOf(identity: string): string {
  const metering = createMetering({ prices: createPriceBook([]), account: A });
  expect(metering.take(invocationMessage({ arn: identity }))).toBeUndefined();
  return metering.rows()[0]?.principal.id ?? "";
}

/** As IAM lists them. Identity Center's users, federated users, root and others' principals it does not list. */
const LISTED = [
  ALICE,
  "role/service/agents",
  "user/team/carol",
  "user/BedrockAPIKey-k3y1",
  "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_DataScience_0123456789abcdef",
  "role/aws-service-role/bedrock.amazonaws.com/AWSServiceRoleForBedrock",
];

describe("whoever used a model beyond a limit of their own", () => {
  it.each([
    ["a role, by any of its sessions", `arn:aws:sts::${A}:assumed-role/alice/whatever`, ALICE],
    [
      "a service role with a path, which the log does not show",
      `arn:aws:sts::${A}:assumed-role/agents/bedrock`,
      "role/agents",
    ],
    ["a user", `arn:aws:iam::${A}:user/team/carol`, "user/carol"],
    ["a Bedrock API key, which is a user", `arn:aws:iam::${A}:user/BedrockAPIKey-k3y1`, "user/BedrockAPIKey-k3y1"],
  ])("is denied: %s", async (_, identity, principal) => {
    const world = createWorld({ principals: LISTED });
    world.settings.set("limits/daily", dailyLimit());
    expect(principalOf(identity)).toBe(principal);
    world.spend(principal, OPUS, 120);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([principal]);
    expect(world.told().map(({ type }) => type)).toEqual(["Access Denied"]);
  });

  it.each([
    [
      "an Identity Center user",
      `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_DataScience_0123456789abcdef/dana@example.com`,
      "sso/DataScience/dana@example.com",
      "Identity Center user",
      "attach a guard policy to the permission set, or remove the assignment",
    ],
    [
      "an Identity Center role without a session",
      `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_DataScience_0123456789abcdef`,
      "role/AWSReservedSSO_DataScience_0123456789abcdef",
      "Identity Center role",
      "attach a guard policy to its permission set, or remove the assignment",
    ],
    [
      "a service-linked role",
      `arn:aws:sts::${A}:assumed-role/AWSServiceRoleForBedrock/job`,
      "role/AWSServiceRoleForBedrock",
      "service-linked role",
      "stop the service that uses this role: not even a service control policy applies to it",
    ],
    [
      "a federated user",
      `arn:aws:sts::${A}:federated-user/erin`,
      `arn:aws:sts::${A}:federated-user/erin`,
      "federated user",
      "deny the models to the user that federates it, whose permissions it can at most have",
    ],
    [
      "root",
      `arn:aws:iam::${A}:root`,
      `arn:aws:iam::${A}:root`,
      "root user",
      "do not use the root user for calls; only a service control policy stops it",
    ],
    [
      "another account's role",
      "arn:aws:sts::999988887777:assumed-role/partner/x",
      "arn:aws:sts::999988887777:assumed-role/partner/x",
      "principal of another account",
      "take away its access in that account, or in the resource policy",
    ],
    [
      "another account's user",
      "arn:aws:iam::999988887777:user/partner",
      "arn:aws:iam::999988887777:user/partner",
      "principal of another account",
      "take away its access in that account, or in the resource policy",
    ],
    [
      "a role that was deleted",
      `arn:aws:sts::${A}:assumed-role/gone/x`,
      "role/gone",
      "not in this account's list of roles and users",
      "check whether it still exists; once it is listed it is denied",
    ],
  ])(
    "cannot be denied, which is told once with what to do instead: %s",
    async (_, identity, principal, kind, instead) => {
      const world = createWorld({ principals: LISTED });
      world.settings.set("limits/daily", dailyLimit());
      expect(principalOf(identity)).toBe(principal);
      world.spend(principal, OPUS, 120);
      for (let minute = 0; minute < 3; minute++) {
        await world.run();
        await world.pass(MINUTE);
      }
      expect(world.denied()).toEqual({});
      expect(world.told()).toMatchObject([{ type: "Enforcement Failed", principal, limit: "daily", ends: instead }]);
      expect(world.told()[0]?.reason).toContain(`${principal} cannot be denied (${kind})`);
    },
  );

  it("counts for a limit that everyone shares, of whatever kind it is", async () => {
    const identities = [
      `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_DataScience_0123456789abcdef/dana@example.com`,
      `arn:aws:sts::${A}:assumed-role/AWSServiceRoleForBedrock/job`,
      `arn:aws:sts::${A}:federated-user/erin`,
      `arn:aws:iam::${A}:root`,
      "arn:aws:sts::999988887777:assumed-role/partner/x",
      `arn:aws:sts::${A}:assumed-role/gone/x`,
    ];
    for (const identity of identities) {
      const world = createWorld({ principals: [ALICE] });
      world.settings.set("limits/shared", dailyLimit({ per: [] }));
      world.spend(ALICE, OPUS, 60);
      world.spend(principalOf(identity), OPUS, 50);
      await world.run();
      expect([identity, Object.keys(world.denied())]).toEqual([identity, [ALICE]]);
    }
  });

  it("is selected by what a limit calls it", async () => {
    const erin = `arn:aws:sts::${A}:federated-user/erin`;
    for (const [selector, principal] of [
      ["sso/DataScience/*", "sso/DataScience/dana@example.com"],
      [`arn:aws:sts::${A}:federated-user/*`, erin],
      ["user/BedrockAPIKey-*", "user/BedrockAPIKey-k3y1"],
    ] as const) {
      const world = createWorld({ principals: LISTED });
      world.settings.set("limits/some", dailyLimit({ principals: [selector] }));
      for (const one of [principal, ALICE]) world.spend(one, OPUS, 120);
      await world.run();
      expect(world.told().map((event) => event.principal)).toEqual([principal]);
    }
  });
});
