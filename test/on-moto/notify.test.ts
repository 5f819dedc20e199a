import { permissions as told } from "@bedrock-governor/aws/dynamodb/notices";
import type { Permission } from "@bedrock-governor/aws/permission";
import { permissions as publish } from "@bedrock-governor/aws/sns/permissions";
import { permissions as undelivered } from "@bedrock-governor/aws/sqs/undelivered";
import { permissions as webhook } from "@bedrock-governor/aws/ssm/webhook";
import { afterEach, beforeEach, expect, it } from "vitest";
import { denied } from "../notices/denied.ts";
import type { Call } from "../support/aws-front/call.ts";
import { describeWithAws, type EmulatedAws } from "../support/aws-front/describe-with-aws.ts";
import { type AccessRequest, evaluate, type Statement } from "../support/iam-evaluator.ts";
import { type PlayedSlack, playSlack, WEBHOOK_PATH } from "../support/slack.ts";
import { DAY_MS, MINUTE_MS } from "./account.ts";
import { askedOfIam } from "./asked-of-iam.ts";
import { type NotifiedAccount, notifiedAccount } from "./notify-account.ts";

const SECOND_MS = 1_000;
const LIMIT = {
  models: ["anthropic.*"],
  principals: ["role/team/*"],
  source: "metrics",
  measure: "totalTokens",
  per: [],
  period: "day",
  threshold: 1_000,
};

describeWithAws("notices on emulated AWS", (aws) => {
  let slack: PlayedSlack;
  let origin: string;
  let account: NotifiedAccount;
  const ends: (() => void)[] = [];

  beforeEach(async () => {
    slack = playSlack();
    const listening = await slack.listen();
    origin = listening.origin;
    account = await notifiedAccount(aws());
    await account.setWebhook(origin + WEBHOOK_PATH);
    ends.push(listening.stop, account.stop);
  });
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  const many = (count: number) => Array.from({ length: count }, (_, n) => denied(n, account.now()));
  const idsIn = (message: string) =>
    (JSON.parse(message) as { events: readonly { id: string }[] }).events.map(({ id }) => id);

  it("tell of a deny and its lift by every road, in the words for each", async () => {
    await account.createRole("alice", "/team/");
    await account.set("mode", "enforce");
    await account.set("limits/team", LIMIT);
    await account.use(1_500);
    const reconcile = account.startReconciler();
    const notify = account.startNotifier();
    await reconcile.invoke();
    await notify();
    account.pass(DAY_MS);
    await reconcile.invoke();
    await notify();

    const types = ["Access Denied", "Access Lifted"];
    const inQueue = await account.inQueue();
    const events = inQueue.map(({ Message }) => JSON.parse(Message).events);
    expect(events).toEqual(account.told().map((event) => [event]));
    expect(account.told().map(({ type }) => type)).toEqual(types);
    expect(inQueue.map(({ MessageAttributes }) => MessageAttributes?.type?.Value)).toEqual(types);
    expect(account.onTheWeb.map(({ Message }) => JSON.parse(Message).events)).toEqual(events);
    const inChat = (await account.inChat()).map(({ Message }) => JSON.parse(Message));
    expect(inChat.map(({ version, source }) => [version, source])).toEqual([
      ["1.0", "custom"],
      ["1.0", "custom"],
    ]);
    expect(new Set(inChat.map(({ metadata }) => metadata.threadId)).size).toBe(1);
    expect(slack.shown).toHaveLength(2);
    for (const message of slack.shown) expect(JSON.stringify(message)).toContain("role/alice");
  });

  // Five hundred take moto most of a minute: those are told on the table in memory.
  it("are a digest when a run changes many, and no fact is lost", async () => {
    const events = many(60);
    await account.happened(...events);
    await Promise.all([account.startNotifier()(), account.startNotifier()()]);
    expect(slack.shown.length).toBeLessThanOrEqual(3);
    const ids = (await account.inQueue()).flatMap(({ Message }) => idsIn(Message));
    expect(ids.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
    expect(await account.inChat()).toHaveLength(1);
    expect(await account.givenUp()).toEqual([]);
  });

  it("are told once by two notifiers at a time, woken again and again", async () => {
    await account.happened(...many(5));
    const wakes = Array.from({ length: 4 }, () => account.startNotifier()());
    await Promise.all(wakes);
    await account.startNotifier()();
    expect([slack.shown.length, (await account.inQueue()).length, account.onTheWeb.length]).toEqual([5, 5, 5]);
  });

  it("that somebody puts on the bus, and that are not in the journal, are told to nobody", async () => {
    await account.startNotifier()({ source: "bedrock-governor", detail: denied(666, account.now()) });
    expect([slack.posts, await account.inQueue(), await account.inChat()]).toEqual([[], [], []]);
  });

  it.each([
    ["busy", { busyFor: 30 }],
    ["in trouble", "error"],
    ["slow", "slow"],
    ["unwilling to take blocks", "invalid_blocks"],
  ] as const)("reach a Slack that was %s", async (_, answer) => {
    await account.happened(denied(1, account.now()));
    slack.next(answer);
    await account
      .startNotifier()()
      .catch(() => undefined);
    expect(await account.inQueue()).toHaveLength(1);
    await account.startNotifier()();
    // What Slack was slow to answer it had shown, and nobody could know.
    expect(slack.shown).toHaveLength(answer === "slow" ? 2 : 1);
    expect(slack.posts).toHaveLength(2);
    expect(await account.givenUp()).toEqual([]);
  });

  it("that Slack refuses for good end in the queue, and the others go on", async () => {
    await account.happened(denied(1, account.now()), denied(2, account.now() + 1));
    slack.next("invalid_payload", "invalid_payload");
    await account.startNotifier()();
    expect(await account.givenUp()).toEqual([
      { channel: "slack", ids: [expect.any(String)], why: expect.stringContaining("invalid_payload") },
    ]);
    expect([slack.shown.length, (await account.inQueue()).length]).toEqual([1, 2]);
  });

  it("go to another webhook at once, and to none without a failure", async () => {
    const notify = account.startNotifier();
    await account.happened(denied(1, account.now()));
    slack.webhooks = ["/services/T000/B000/second"];
    await expect(notify()).rejects.toThrow("notices are left for slack");
    await account.setWebhook(`${origin}/services/T000/B000/second`);
    expect(await notify()).toMatchObject({ slack: "told" });
    expect(slack.shown).toHaveLength(1);
    await account.unsetWebhook();
    await account.happened(denied(2, account.now()));
    expect(await notify()).toMatchObject({ slack: "absent" });
    expect((await account.inQueue()).length).toBe(2);
  });

  it("wait while SNS is down, and end in the queue after a day", async () => {
    const { front } = aws();
    const isSns = ({ service }: Call) => service === "sns";
    await account.happened(denied(1, account.now()));
    front.fail(isSns, "access denied", "all");
    await expect(account.startNotifier()()).rejects.toThrow("notices are left for sns, chat");
    account.pass(60 * MINUTE_MS);
    front.failNoMore();
    await account.startNotifier()();
    expect([(await account.inQueue()).length, slack.shown.length]).toEqual([1, 1]);

    await account.happened(denied(2, account.now()));
    front.fail(isSns, "access denied", "all");
    await expect(account.startNotifier()()).rejects.toThrow("notices are left for sns, chat");
    account.pass(DAY_MS + SECOND_MS);
    await account.startNotifier()();
    const why = "the channel did not take all of it within 24 hours";
    const given = ["chat", "sns"].map((channel) => ({ channel, ids: [expect.any(String)], why }));
    expect((await account.givenUp()).toSorted(byText)).toEqual(given);
  });

  it("survive a notifier that is killed, at whichever of its calls", async () => {
    const { front } = aws();
    const calls = await callsOf(aws(), async () => {
      await account.happened(denied(0, account.now()));
      await account.startNotifier()();
    });
    expect(calls.length).toBeGreaterThan(20);
    await account.inQueue();
    for (let nth = 1; nth <= calls.length; nth += 7) {
      account.pass(2 * MINUTE_MS);
      const event = denied(nth, account.now());
      await account.happened(event);
      let count = 0;
      front.fail(() => ++count === nth, "killed after");
      await account.startNotifier()();
      front.failNoMore();
      account.pass(2 * MINUTE_MS);
      await account.startNotifier()();
      const ids = (await account.inQueue()).flatMap(({ Message }) => idsIn(Message));
      expect(new Set(ids)).toEqual(new Set([event.id]));
      // Again, at most, if it was under way.
      expect(ids.length).toBeLessThanOrEqual(2);
    }
    const told = new Set(slack.shown.map((message) => /agent-\d+/.exec(JSON.stringify(message))?.[0]));
    expect(told.size).toBe(1 + Math.ceil(calls.length / 7));
  });

  it("need the permissions that the adapters declare, and no others", async () => {
    const { front } = aws();
    front.forget();
    await account.happened(...many(2), denied(9, account.now() - DAY_MS));
    slack.next("invalid_payload", "invalid_payload");
    await account.startNotifier()();
    const place = { partition: "aws", account: aws().moto.account, region: "us-east-1", stage: "on-moto" };
    const { GOVERNOR_NOTICES_TOPIC, GOVERNOR_CHAT_TOPIC } = account.environment;
    const declared = [
      ...told(place, account.table),
      ...publish([GOVERNOR_NOTICES_TOPIC, GOVERNOR_CHAT_TOPIC]),
      ...undelivered(account.undelivered.arn),
      ...webhook(place),
    ].flatMap(statements);
    const asked = front.calls.flatMap(asks);
    const allows = (some: readonly Statement[], request: AccessRequest) =>
      evaluate([{ Statement: some }], request) === "allowed";
    expect(asked.filter((request) => !allows(declared, request))).toEqual([]);
    expect(declared.filter((one) => !asked.some((request) => allows([one], request)))).toEqual([]);
  });

  function asks(call: Call): readonly AccessRequest[] {
    const action = `${call.service}:${call.action}`;
    if (call.service === "sns") return [{ action, resource: String(call.input.TopicArn) }];
    if (call.service === "sqs") return [{ action, resource: account.undelivered.arn }];
    return askedOfIam(call, () => "*");
  }
});

const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** One action on one resource each. */
const statements = ({ actions, resources, condition }: Permission): readonly Statement[] =>
  actions.flatMap((Action) =>
    resources.map((Resource) => ({
      Effect: "Allow" as const,
      Action,
      Resource,
      ...(condition !== undefined && { Condition: condition }),
    })),
  );

async function callsOf({ front }: EmulatedAws, run: () => Promise<unknown>): Promise<readonly string[]> {
  const before = front.calls.length;
  await run();
  return front.calls.slice(before).map(({ service, action }) => `${service}:${action}`);
}
