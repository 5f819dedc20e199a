import { GetPolicyCommand, GetPolicyVersionCommand, type IAMClient, ListPoliciesCommand } from "@aws-sdk/client-iam";
import { expect, it } from "vitest";
import { describeWithAws, OPUS } from "../support/aws-front/describe-with-aws.ts";
import { evaluate, type PolicyDocument } from "../support/iam-evaluator.ts";
import { type Account, createAccount, DAY_MS, MINUTE_MS } from "./account.ts";

const LIMIT = {
  models: ["anthropic.*"],
  principals: ["role/team/*", "role/break-glass"],
  source: "metrics",
  measure: "totalTokens",
  per: [],
  period: "day",
  threshold: 1_000,
};
const OURS =
  /^arn:aws:iam::123456789012:policy\/bedrock-governor\/on-moto\/deny\/usage-limit-reached\.anthropic\.\+\.\w+$/;

const headlines = (account: Account) => account.told().map(({ type, principal }) => [type, principal]);

describeWithAws("the whole loop on emulated AWS", (aws) => {
  it("denies exactly the right roles from metrics alone, lifts in the next period, and leaves foreign policies alone", async () => {
    const account = await createAccount(aws());
    await account.createRole("alice", "/team/");
    await account.createRole("bob", "/team/");
    await account.createRole("carol");
    await account.createRole("break-glass");
    const foreign = await account.attachAllow("alice", "team-policy");
    await account.set("mode", "enforce");
    await account.set("limits/opus", LIMIT);
    const reconciler = account.startReconciler();

    await account.use(600);
    await reconciler.invoke();
    expect(await account.attached("role/alice")).toEqual([foreign]);

    await account.use(500, `us.${OPUS}`);
    account.pass(5 * MINUTE_MS);
    await reconciler.invoke();
    const [ours = "", ...more] = (await account.attached("role/alice")).filter((arn) => arn !== foreign);
    expect(ours).toMatch(OURS);
    expect([
      more,
      await account.attached("role/bob"),
      await account.attached("role/carol"),
      await account.attached("role/break-glass"),
    ]).toEqual([[], [ours], [], []]);
    const call = { action: "bedrock:InvokeModel", resource: `arn:aws:bedrock:eu-west-1::foundation-model/${OPUS}` };
    const allowAll: PolicyDocument = { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
    expect(evaluate([allowAll, await documentOf(account.iam, ours)], call)).toBe("explicitDeny");

    account.pass(2 * MINUTE_MS);
    await reconciler.invoke();
    const denied = [
      ["Access Denied", "role/alice"],
      ["Access Denied", "role/bob"],
    ];
    expect(headlines(account)).toEqual(denied);

    account.pass(DAY_MS);
    await reconciler.invoke();
    expect(headlines(account)).toEqual([...denied, ["Access Lifted", "role/alice"], ["Access Lifted", "role/bob"]]);
    expect(await account.attached("role/alice")).toEqual([foreign]);
    expect(await account.attached("role/bob")).toEqual([]);
  });

  it("keeps the mode that holds when its parameter is removed, and denies nothing before one is set", async () => {
    const account = await createAccount(aws());
    await account.createRole("alice", "/team/");
    await account.set("limits/opus", LIMIT);
    await account.use(5_000);
    const reconciler = account.startReconciler();
    expect(await reconciler.invoke()).toMatchObject({ mode: "observe" });
    expect(await account.attached("role/alice")).toEqual([]);
    await account.set("mode", "enforce");
    await reconciler.invoke();
    expect(await account.attached("role/alice")).toHaveLength(1);
    await account.unset("mode");
    account.pass(2 * MINUTE_MS);
    expect(await reconciler.invoke()).toMatchObject({ mode: "enforce" });
    expect(await account.startReconciler().invoke()).toMatchObject({ mode: "enforce" });
    expect(await account.attached("role/alice")).toHaveLength(1);
  });

  it("only observes where the stage enforces nothing, whatever the mode says", async () => {
    const account = await createAccount(aws(), { GOVERNOR_ENFORCEMENT: "none", GOVERNOR_PUBLISHER: "" });
    await account.createRole("alice", "/team/");
    await account.set("mode", "enforce");
    await account.set("limits/opus", LIMIT);
    await account.use(5_000);
    await account.startReconciler().invoke();
    expect(headlines(account)).toEqual([["Would Deny", "role/alice"]]);
    const { calls } = aws().front;
    expect(calls.filter(({ service }) => service === "lambda")).toEqual([]);
    expect(calls.filter(({ service, action }) => service === "iam" && !/^(Get|List)/.test(action))).toEqual([]);
  });

  it("writes nothing and says nothing while nothing changes", async () => {
    const account = await createAccount(aws());
    await account.createRole("alice", "/team/");
    await account.set("mode", "enforce");
    await account.set("limits/opus", LIMIT);
    await account.use(5_000);
    const reconciler = account.startReconciler();
    await reconciler.invoke();
    account.pass(2 * MINUTE_MS);
    await reconciler.invoke();

    const { front } = aws();
    const before = front.calls.length;
    account.pass(MINUTE_MS);
    await reconciler.invoke();
    const calls = front.calls.slice(before).map(({ service, action }) => `${service}:${action}`);
    expect(calls.filter((call) => /^(iam:(?!Get|List)|lambda|events)/.test(call))).toEqual([]);
    const reads = calls.filter((call) => /^(iam|ssm)/.test(call));
    expect(reads.sort()).toEqual(["iam:ListEntitiesForPolicy", "iam:ListPolicies", "ssm:GetParametersByPath"]);
  });

  it("leaves no deny behind when the stage is removed, and no policy of its own; those of others stay", async () => {
    const account = await createAccount(aws());
    await account.createRole("alice", "/team/");
    await account.createRole("bob", "/team/");
    await account.createUser("carol");
    const foreign = [
      await account.attachAllow("alice", "team-policy"),
      await account.attachAllow("alice", "of-another-stage", "/bedrock-governor/other/deny/"),
    ];
    await account.set("mode", "enforce");
    await account.set("limits/opus", { ...LIMIT, principals: ["role/team/*", "user/*"] });
    await account.use(5_000);
    await account.startReconciler().invoke();
    expect(await account.attached("user/carol")).toEqual([expect.stringMatching(OURS)]);

    const remover = account.startRemover();
    expect(await remover.invoke({ tf: { action: "create" } })).toEqual({ lifted: 0, deleted: 0 });
    expect(await remover.invoke({ tf: { action: "delete" } })).toEqual({ lifted: 3, deleted: 1 });
    expect((await account.attached("role/alice")).toSorted()).toEqual(foreign.toSorted());
    expect([await account.attached("role/bob"), await account.attached("user/carol")]).toEqual([[], []]);
    const { Policies = [] } = await account.iam.send(new ListPoliciesCommand({ Scope: "Local" }));
    expect(Policies.map(({ Arn = "" }) => Arn).sort()).toEqual(foreign.toSorted());
  });

  it("never attaches a policy under its own path that allows, whoever put it there, and says so", async () => {
    const account = await createAccount(aws());
    await account.createRole("alice", "/team/");
    await account.createRole("mallory");
    await account.set("mode", "enforce");
    await account.set("limits/opus", LIMIT);
    await account.use(5_000);
    const reconciler = account.startReconciler();
    await reconciler.invoke();
    const [ours = ""] = await account.attached("role/alice");
    const remover = account.startRemover();
    await remover.invoke({ action: "remove" });

    const name = ours.split("/").at(-1) ?? "";
    const theirs = await account.attachAllow("mallory", name, "/bedrock-governor/on-moto/deny/");
    expect(theirs).toBe(ours);
    account.pass(2 * MINUTE_MS);
    expect(await account.startReconciler().invoke()).toMatchObject({ blocked: expect.any(Number) });
    expect(await account.attached("role/alice")).toEqual([]);
    expect(headlines(account).at(-1)).toEqual(["Enforcement Failed", "role/alice"]);
  });
});

async function documentOf(iam: IAMClient, arn: string): Promise<PolicyDocument> {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: arn }));
  const { PolicyVersion } = await iam.send(
    new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: Policy?.DefaultVersionId }),
  );
  return JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? "")) as PolicyDocument;
}
