import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Call, isChange } from "../support/aws-front/call.ts";
import { describeWithAws, type EmulatedAws, withFront } from "../support/aws-front/describe-with-aws.ts";
import type { Fault, Tries } from "../support/aws-front/faults.ts";
import type { AwsFront } from "../support/aws-front/front.ts";
import { startMoto } from "../support/moto.ts";
import { type Account, MINUTE_MS } from "./account.ts";
import { prepareEventfulRun, RIGHT_NOTICES, RIGHT_STATE } from "./eventful-run.ts";

/**
 * One kind of trouble. `calls` leaves out reads where it makes no difference: of those it does not matter whether
 * the question is lost each time or the answer.
 */
export type Trouble = readonly [fault: Fault, tries: Tries, calls: "every call" | "every change"];

/** One world to make trouble in. Two of them keep two cores busy. */
interface Lane {
  readonly aws: EmulatedAws;
  readonly restore: () => Promise<Account>;
}

/** Gives each call of a run each trouble, one at a time: whatever becomes of that run, the next ones make it right. */
export function describeFaults(name: string, troubles: readonly Trouble[]): void {
  describeWithAws(`a run in which one call is ${name}`, (aws) => {
    let injections = 0;
    let second: EmulatedAws | undefined;
    beforeAll(async () => {
      vi.spyOn(Math, "random").mockReturnValue(0); // the SDK waits for a random time between its tries
      second = await withFront(await startMoto());
    });
    afterAll(async () => {
      vi.restoreAllMocks();
      second?.front.stop();
      await second?.moto.stop();
      console.log(`a run in which one call is ${name}: ${injections} injections`);
    });

    it.each(troubles)("%s, %s, at %s: is made right by the next", { timeout: 300_000 }, async (fault, tries, which) => {
      const emulators = [aws(), ...(second ? [second] : [])];
      const lanes = await Promise.all(
        emulators.map(async (one): Promise<Lane> => ({ aws: one, restore: await prepareEventfulRun(one) })),
      );
      const calls = (await callsOfOneRun(lanes)).filter(({ call }) => which === "every call" || isChange(call));
      const queue = calls.values();
      const wrong: Record<string, readonly string[]> = {};
      await Promise.all(
        lanes.map(async (lane) => {
          for (const target of queue) {
            const problems = await inject(target, fault, tries, lane);
            if (problems.length > 0) wrong[target.key] = problems;
            injections++;
          }
        }),
      );
      expect(wrong).toEqual({});
      expect(calls.length).toBeGreaterThan(20);
    });
  });
}

async function callsOfOneRun([lane]: readonly Lane[]): Promise<readonly Target[]> {
  const account = await lane?.restore();
  await account?.startReconciler().invoke();
  return named(lane?.aws.front.calls ?? []);
}

async function inject(target: Target, fault: Fault, tries: Tries, lane: Lane): Promise<readonly string[]> {
  const { front } = lane.aws;
  const account = await lane.restore();
  const plan = front.fail(target.isIt(), fault, tries);
  await account
    .startReconciler()
    .invoke()
    .catch(() => undefined);
  front.failNoMore();
  return [
    ...(plan.struck ? [] : ["the call was not made"]),
    ...(await recover(account, front)),
    ...(await wrongAccess(account)),
    ...wrongNotices(account, fault === "access denied" ? holderIn(target.call) : undefined),
    ...earlyNotices(front.calls),
  ];
}

/** The principal that a call attaches to or detaches from. */
function holderIn({ action, input }: Call): string | undefined {
  const kind = /^(?:At|De)tach(Role|User)Policy$/.exec(action)?.[1];
  return kind && `${kind.toLowerCase()}/${input[`${kind}Name`]}`;
}

interface Target {
  readonly key: string;
  readonly call: Call;
  /** Recognises it in another run. */
  readonly isIt: () => (other: Call) => boolean;
}

/** Names each call by what is asked and which one of its kind it is: calls made side by side come in any order. */
function named(calls: readonly Call[]): readonly Target[] {
  const kindOf = ({ caller, service, action }: Call) => `${caller} ${service}:${action}`;
  const counts = new Map<string, number>();
  return calls.map((call) => {
    const kind = kindOf(call);
    const nth = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, nth);
    const isIt = () => {
      let seen = 0;
      return (other: Call) => kindOf(other) === kind && ++seen === nth;
    };
    return { key: `${kind} ${nth}`, call, isIt };
  });
}

/** Two clean runs of a new process; the second has nothing left to do. */
async function recover(account: Account, front: AwsFront): Promise<readonly string[]> {
  const problems: string[] = [];
  const next = account.startReconciler();
  const run = async () => {
    account.pass(2 * MINUTE_MS);
    await next.invoke().catch((error: unknown) => problems.push(`a clean run failed: ${error}`));
  };
  await run();
  const before = front.calls.length;
  await run();
  const late = front.calls.slice(before).filter((call) => isChange(call) && call.service !== "dynamodb");
  return [...problems, ...late.map(({ action }) => `${action} in the second clean run`)];
}

async function wrongAccess(account: Account): Promise<readonly string[]> {
  const held = Object.entries(RIGHT_STATE).map(async ([principal, wanted]) => {
    const policies = await account.attached(principal);
    const right = policies.length === wanted.length && wanted.every((one) => policies.some((arn) => one.test(arn)));
    return right ? [] : [`${principal} holds ${policies.join(", ") || "nothing"}`];
  });
  return (await Promise.all(held)).flat();
}

/**
 * What is told by one id counts once, as whoever reads the bus counts it.
 *
 * @param refused on whom IAM refused a write, which needs a person: that is told, and that it is over.
 */
function wrongNotices(account: Account, refused: string | undefined): readonly string[] {
  const byId = new Map(account.told().map((event) => [event.id, event]));
  const told = [...byId.values()].map(headline).sort();
  const right = refused === undefined ? [] : [`Enforcement Failed ${refused}`, `Enforcement Recovered ${refused}`];
  const wanted = [...RIGHT_NOTICES, ...right].sort();
  return told.join() === wanted.join() ? [] : [`told: ${told.join(", ")}`];
}

const headline = ({ type, principal, models, reason }: GovernorEvent): string =>
  [type, principal ?? reason.split(":")[0], ...(models ?? [])].join(" ");

/** Denies that are told before IAM has them, and lifts before they are off. */
function earlyNotices(calls: readonly Call[]): readonly string[] {
  const done = new Set<string>();
  return calls
    .filter(({ status }) => status === 200)
    .flatMap((call) => {
      const holder = holderIn(call);
      if (holder !== undefined) done.add(`${call.action.slice(0, 6)} ${holder}`);
      if (call.action !== "PutEvents") return [];
      const events = (call.input as { Entries: { Detail: string }[] }).Entries.map(
        ({ Detail }): GovernorEvent => JSON.parse(Detail),
      );
      const isEarly = ({ type, principal }: GovernorEvent) =>
        (type === "Access Denied" && !done.has(`Attach ${principal}`)) ||
        (type === "Access Lifted" && !done.has(`Detach ${principal}`));
      return events.filter(isEarly).map((event) => `${headline(event)} is told too early`);
    });
}
