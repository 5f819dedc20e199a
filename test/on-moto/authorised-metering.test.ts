import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { exampleStage, metering, policyOf, roleOf, type Stage } from "../infra/example-stage.ts";
import { describeWithAws, OPUS } from "../support/aws-front/describe-with-aws.ts";
import { type Account, createAccount, HOUR_MS } from "./account.ts";
import { createInvocationLog } from "./invocation-log.ts";
import { createKey } from "./keys.ts";

/** The emulator looks at actions: at which table, queue or log group, and under which condition, the evaluator of test/support does. */
describeWithAws("metering in an account that checks permissions", (aws) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await exampleStage(metering);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  let keys = 0;

  /** Does something with a key of one who may do what a function's role may. @returns the actions that were allowed, and those that were not */
  async function doneBy(name: string, work: () => Promise<unknown>) {
    const { moto, front } = aws();
    const { accessKeyId, secretAccessKey } = await createKey(
      moto,
      `${name}-${++keys}`,
      policyOf(roleOf(stage, name)).Statement,
    );
    vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
    await moto.checkPermissionsAfter(0);
    const before = front.calls.length;
    try {
      await work();
    } finally {
      await moto.checkPermissionsAfter(Number.POSITIVE_INFINITY);
    }
    const actions = (allowed: boolean) =>
      front.calls
        .slice(before)
        .filter(({ status }) => (status === 200) === allowed)
        .map(({ service, action }) => `${service}:${action}`);
    return { allowed: actions(true), refused: actions(false) };
  }

  /** What a meter is handed: a call and what is no record, and a pointer to a call that could not be written. */
  async function work(account: Account) {
    const { front } = aws();
    await account.rollUpNothing();
    const log = await createInvocationLog(aws(), account);
    front.fail(({ action }) => action === "BatchWriteItem", "access denied", "all");
    await log.meter(account.startMeter(), [{ role: "alice" }]);
    front.failNoMore();
    const delivery = log.delivery(await log.write([{ role: "alice" }, "no record"]));
    const Records = (await log.kept()).map((body) => ({ messageId: "message", body, eventSource: "aws:sqs" }));
    return { log, delivery, replay: { Records } };
  }
  const ALICE = `role/alice ${OPUS}`;

  it("lets a meter write usage, set records aside, wake the governor, and replay what was kept", async () => {
    const account = await createAccount(aws());
    const { delivery, replay } = await work(account);
    const meter = account.startMeter();
    const { allowed, refused } = await doneBy("meter", async () => {
      await meter.invoke(delivery);
      await meter.invoke(replay);
    });
    expect(refused).toEqual([]);
    expect(allowed).toEqual(expect.arrayContaining(["logs:FilterLogEvents", "events:PutEvents"]));
    expect(await account.used()).toEqual({ [ALICE]: 2 });
  });

  it("lets a meter keep for replay what it could not write", async () => {
    const account = await createAccount(aws());
    const { log, delivery } = await work(account);
    const before = (await log.kept()).length;
    aws().front.fail(({ action }) => action === "BatchWriteItem", "access denied", "all");
    const { allowed } = await doneBy("meter", () => account.startMeter().invoke(delivery));
    expect(allowed).toContain("sqs:SendMessage");
    expect(await log.kept()).toHaveLength(before + 1);
  });

  it("lets roll-ups add up what is over, and again what came late", async () => {
    const account = await createAccount(aws());
    const { log, delivery } = await work(account);
    const meter = account.startMeter();
    const rollUp = account.startRollUp();
    await meter.invoke(delivery);
    const { refused } = await doneBy("roll-up", async () => {
      account.pass(HOUR_MS);
      await rollUp.invoke();
    });
    await log.meter(meter, [{ role: "alice", tokens: 5, at: account.now() - HOUR_MS }]);
    const { allowed, refused: later } = await doneBy("roll-up", () => rollUp.invoke());
    expect([refused, later]).toEqual([[], []]);
    expect(allowed).toContain("dynamodb:DeleteItem");
    expect(await account.used()).toEqual({ [ALICE]: 6 });
  });

  it("lets the stage switch the log on and off", async () => {
    const account = await createAccount(aws());
    const logging = account.startLogging({ GOVERNOR_LOGGING_ROLE: "arn:aws:iam::123456789012:role/log-writer" });
    const answers: unknown[] = [];
    const { refused } = await doneBy("logging", async () => {
      for (const action of ["create", "update", "delete"]) answers.push(await logging.invoke({ tf: { action } }));
    });
    expect(refused).toEqual([]);
    expect(answers).toEqual(["switched on", "was on", "switched off"].map((logging) => ({ logging })));
  });

  it("refuses all of that to somebody who may do something else", async () => {
    const account = await createAccount(aws());
    const { delivery } = await work(account);
    const { allowed, refused } = await doneBy("publish", () =>
      Promise.allSettled([account.startMeter().invoke(delivery), account.startRollUp().invoke()]),
    );
    expect(allowed).toEqual([]);
    expect(refused).toEqual(expect.arrayContaining(["dynamodb:Query", "sqs:SendMessage"]));
  });
});
