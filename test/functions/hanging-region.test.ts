import { createReconcileHandler } from "@bedrock-governor/functions/reconcile-handler";
import { wireReconciler } from "@bedrock-governor/functions/wire";
import { expect, it } from "vitest";
import { createAccount, MINUTE_MS } from "../on-moto/account.ts";
import { describeWithAws, OPUS } from "../support/aws-front/describe-with-aws.ts";
import { lambdaContext } from "../support/lambda-context.ts";

const LIMIT = { models: [OPUS], source: "metrics", measure: "totalTokens", per: [], period: "day", threshold: 1_000 };
const ENVIRONMENT = {
  AWS_REGION: "us-east-1",
  GOVERNOR_STAGE: "on-moto",
  GOVERNOR_ACCOUNT: "123456789012",
  GOVERNOR_PARTITION: "aws",
  GOVERNOR_REGIONS: "us-east-1,eu-west-1",
  GOVERNOR_TABLE: "governor",
  GOVERNOR_BUS: "bedrock-governor-on-moto",
  GOVERNOR_ENFORCEMENT: "on",
  GOVERNOR_PUBLISHER: "bedrock-governor-on-moto-publish",
  GOVERNOR_PROTECTED_PRINCIPALS: "[]",
  GOVERNOR_GOVERNED_PRINCIPALS: '["arn:aws:iam::123456789012:role/*"]',
  GOVERNOR_RETENTION_DAYS: "90",
};
const PATIENCE_MS = 600;
/** The catalogue, the lists of series, and series twice. */
const STEPS = 4;

describeWithAws("a region that takes questions and never answers", (aws) => {
  async function overspent() {
    const { front } = aws();
    const account = await createAccount(aws(), ENVIRONMENT);
    for (const name of ["alice", "bob"]) await account.createRole(name, `/${name}/`);
    await account.set("mode", "enforce");
    for (const name of ["alice", "bob"]) {
      await account.set(`limits/${name}`, { ...LIMIT, principals: [`role/${name}/*`] });
    }
    await account.use(5_000);
    const process = front.start("reconcile");
    const handler = process.run(() =>
      createReconcileHandler(
        wireReconciler(ENVIRONMENT, { now: account.now, sleep: async () => {}, patienceMs: PATIENCE_MS }),
      ),
    );
    return { account, front, run: () => process.run(() => handler({}, lambdaContext(60_000))) };
  }

  it.each([
    ["Bedrock and CloudWatch", /^(bedrock|monitoring)$/],
    ["Bedrock", /^bedrock$/],
    ["CloudWatch", /^monitoring$/],
  ])(
    "hangs %s, and a run still ends in time, lifts what no limit denies any more, and keeps what is unknown",
    async (_, service) => {
      const { account, front, run } = await overspent();
      expect(await run()).toMatchObject({ changed: 2 });
      front.fail((call) => call.region === "eu-west-1" && service.test(call.service), "hangs", "all");
      await account.unset("limits/alice");
      account.pass(16 * MINUTE_MS);
      const start = performance.now();
      expect(await run()).toMatchObject({ changed: 1 });
      expect(performance.now() - start).toBeLessThan(STEPS * PATIENCE_MS + 2_000);
      expect(await account.attached("role/alice")).toEqual([]);
      expect(await account.attached("role/bob")).toHaveLength(1);
    },
  );

  it("is not waited for again in the next runs, and is read once it answers", async () => {
    const { account, front, run } = await overspent();
    front.fail((call) => call.region === "eu-west-1" && call.service === "monitoring", "hangs", "all");
    const asked = async () => {
      const before = front.calls.length;
      await run();
      account.pass(MINUTE_MS);
      return front.calls.slice(before).some((call) => call.region === "eu-west-1" && call.service === "monitoring");
    };
    const runs: boolean[] = [];
    for (let minute = 0; minute < 5; minute++) runs.push(await asked());
    expect(runs).toEqual([true, true, false, true, false]);
    expect(await account.attached("role/alice")).toEqual([]);
    front.failNoMore();
    account.pass(5 * MINUTE_MS);
    await run();
    expect(await account.attached("role/alice")).toHaveLength(1);
  });
});
