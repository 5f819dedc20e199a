import { describe, expect, it } from "vitest";
import { costAccount } from "../bench/cost-account.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 18, 12);
const [ONE, TWO] = ["acme.model-1-v1:0", "acme.model-2-v1:0"] as const;

const limit = (models: readonly string[], principals: readonly string[], threshold: number) => ({
  models,
  principals,
  source: "metrics",
  measure: "inputTokens",
  per: [],
  period: "day",
  timeZone: "UTC",
  threshold,
});

/** 150 roles, of which all are denied one model and some another, after runs that had nothing left to do. */
async function deniedAccount() {
  const limits = [limit([ONE], ["role/team/*"], 100), limit([TWO], ["role/team/service-1*"], 100)];
  const account = costAccount({ models: 20, roles: 150, limits, start: START });
  for (const model of [ONE, TWO]) account.use(`us.${model}`, START - 10 * MINUTE, ["inputTokens"], 150);
  const governor = account.begin();
  for (let minute = 0; minute < 7; minute++) {
    await governor.reconcile();
    account.pass(MINUTE);
  }
  account.asked();
  return { account, governor };
}

describe("the cost of a run in which nothing changed", () => {
  it("is no write and no notice", async () => {
    const { account, governor } = await deniedAccount();
    const { denied, changed, events, passing, unknown } = await governor.reconcile();
    expect(denied.size).toBe(150);
    expect([changed, events, passing, [...unknown]]).toEqual([[], [], [], []]);
    expect(account.asked().iam.filter((command) => !/^(List|Get)/.test(command))).toEqual([]);
  });

  it("is, of IAM and SSM, a read per attached policy and per page of policies, roles, users and parameters", async () => {
    const { account, governor } = await deniedAccount();
    const attached = [...account.iam.policies.values()].filter(({ holders }) => holders.size > 0);
    for (let minute = 0; minute < 5; minute++) {
      await governor.reconcile();
      account.pass(MINUTE);
    }
    const { iam, ssm } = account.asked();
    // Of five minutes. The directory is listed once in them: 150 roles are two pages, no users are one.
    expect(counted(iam)).toEqual({
      ListPolicies: 5,
      ListEntitiesForPolicy: 5 * attached.length,
      ListRoles: 2,
      ListUsers: 1,
    });
    // Five parameters, and the empty page that ends every list here.
    expect(counted(ssm)).toEqual({ GetParametersByPath: 10 });
  });

  it("is, in a new process, also a read per policy's document and one for who wrote the parameters", async () => {
    const { account } = await deniedAccount();
    const { changed, events } = await account.begin().reconcile();
    const { iam, ssm } = account.asked();
    expect([changed, events]).toEqual([[], []]);
    expect(counted(iam)).toMatchObject({ GetPolicyVersion: account.iam.policies.size, ListPolicies: 1 });
    expect(iam.filter((command) => !/^(List|Get)/.test(command))).toEqual([]);
    expect(counted(ssm)).toMatchObject({ DescribeParameters: 2 });
  });

  it("is, of CloudWatch, one metric a minute for each spelling of a model whose limit is near", async () => {
    const { account, governor } = await deniedAccount();
    for (let minute = 0; minute < 5; minute++) {
      await governor.reconcile();
      account.pass(MINUTE);
      // Two models: the bare id, two profiles, and mantle.
      expect(account.asked().metrics).toBe(8);
    }
  });

  it("is, of CloudWatch, one metric each five minutes where no limit is near, and nothing in between", async () => {
    const limits = [limit([ONE, TWO], ["role/team/*"], 1e9), { ...limit([ONE], ["role/*"], 1e9), period: "month" }];
    const account = costAccount({ models: 20, roles: 10, limits, start: START });
    account.use(`us.${ONE}`, START - 30 * MINUTE, ["inputTokens"], 150);
    const governor = account.begin();
    const asked: number[] = [];
    for (let minute = 0; minute < 16; minute++) {
      await governor.reconcile();
      asked.push(account.asked().metrics);
      account.pass(MINUTE);
    }
    // First all of the month, and of the day in it, and the tokens of what was called; the tokens once more when they have settled.
    expect(asked).toEqual([9, 0, 0, 0, 0, 8, 0, 0, 0, 0, 8, 0, 0, 0, 0, 8]);
  });
});

const counted = (commands: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(commands, (command) => command)].map(([command, some]) => [command, some.length]));
