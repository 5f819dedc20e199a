import { beforeAll, describe, expect, it } from "vitest";
import type { Recorded } from "../support/sst-mocks.ts";
import {
  enforcing,
  exampleStage,
  FUNCTION,
  functionsOf,
  metering,
  observing,
  policyOf,
  REMOVAL,
  ROLE,
  roleOf,
  type Stage,
} from "./example-stage.ts";

const SIGNALS = [
  "aws:cloudwatch/eventRule:EventRule",
  "aws:cloudwatch/eventTarget:EventTarget",
  "aws:lambda/permission:Permission",
  "aws:lambda/alias:Alias",
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
];

/** These are written down or told, and do not wake the governor. */
const ANNOUNCEMENTS = ["Announcements", "Announced", "WebhookChanged", "NoticeSchedule", "NotifyEventInvokeConfig"];

let on: Stage;
let removal: Recorded;
beforeAll(async () => {
  on = await exampleStage(enforcing);
  removal = on.the(REMOVAL);
});
const goesBeforeRemoval = (resource: Recorded) => on.isAfter(resource, removal);
const isThereDuringRemoval = (resource: Recorded) => on.isAfter(removal, resource);

describe("when a stage that enforces is removed", () => {
  it("the remover runs, and is told why by Pulumi", () => {
    expect(removal.inputs).toEqual({
      functionName: "bedrock-governor-example-remove",
      input: "{}",
      lifecycleScope: "CRUD",
    });
  });

  it("there still is the remover's function, its role with its policy, and its log group", () => {
    const needed = [
      on.the(FUNCTION, "RemoveFunction"),
      roleOf(on, "remove"),
      on.the("aws:cloudwatch/logGroup:LogGroup", "RemoveLogGroup"),
    ];
    for (const resource of needed)
      expect([resource.name, isThereDuringRemoval(resource)]).toEqual([resource.name, true]);
  });

  it.each(SIGNALS)("everything that wakes the governor is gone before: each %s", (type) => {
    const all = on.ofType(type).filter(({ name }) => !ANNOUNCEMENTS.includes(name));
    expect(all.length).toBeGreaterThan(0);
    for (const resource of all) expect([resource.name, goesBeforeRemoval(resource)]).toEqual([resource.name, true]);
  });

  it.each(["Reconcile", "Publish"])("so are function and role of %s, so that nothing is denied again", (id) => {
    for (const resource of [on.the(FUNCTION, `${id}Function`), on.the(ROLE, `${id}Role`)]) {
      expect([resource.name, goesBeforeRemoval(resource)]).toEqual([resource.name, true]);
    }
  });

  it("table, bus and topics neither wait for it nor hold it up", () => {
    const others = ["aws:dynamodb/table:Table", "aws:cloudwatch/eventBus:EventBus", "aws:sns/topic:Topic"];
    for (const resource of others.flatMap((type) => on.ofType(type))) {
      expect([goesBeforeRemoval(resource), isThereDuringRemoval(resource)]).toEqual([false, false]);
    }
  });

  it("nothing of it stays behind in the account", () => {
    const staying = on.resources.filter(({ retainOnDelete }) => retainOnDelete);
    expect(staying.map(({ name }) => name)).toEqual([]);
  });
});

describe("when a stage that enforced no longer does", () => {
  let none: Stage;
  let gone: Recorded[];
  beforeAll(async () => {
    none = await exampleStage(observing);
    const urns = new Set(none.resources.map(({ urn }) => urn));
    gone = on.resources.filter(({ urn, custom }) => custom && !urns.has(urn));
  });

  it("what goes is the removal, publisher and remover with all of theirs, and the publisher's alarm", () => {
    expect(
      gone
        .map(({ name }) => name.replace(/(Code|Function|LogGroup|Role)$/, ""))
        .filter(once)
        .sort(),
    ).toEqual(["Publish", "PublisherErrors", "Removal", "Remove"]);
    expect(functionsOf(none)).toEqual(["notify", "reconcile"]);
  });

  it("Pulumi deletes the publisher first, then the removal, which lifts, and then the remover", () => {
    const order = deletionOrder(gone);
    const at = (name: string) => order.indexOf(name);
    expect(at("PublishFunction")).toBeLessThan(at("PublishRole"));
    expect(at("PublishRole")).toBeLessThan(at("Removal"));
    expect(at("Removal")).toBeLessThan(at("RemoveFunction"));
    expect(at("RemoveFunction")).toBeLessThan(at("RemoveRole"));
    expect(at("RemoveFunction")).toBeLessThan(at("RemoveLogGroup"));
  });

  it("the reconciler, which was updated before anything was deleted, can attach nothing any more", () => {
    const actions = policyOf(roleOf(none, "reconcile")).Statement.flatMap(({ Action = [] }) => Action);
    const writes = actions.filter((action) => /^iam:(?!Get|List)/.test(action));
    expect(writes).toEqual([]);
  });

  it("nothing that stays needs anything that goes", () => {
    const urns = new Set(gone.map(({ urn }) => urn));
    expect(none.resources.filter(({ dependencies }) => dependencies.some((urn) => urns.has(urn)))).toEqual([]);
  });

  /** What depends on something goes before it. */
  function deletionOrder(resources: readonly Recorded[]): readonly string[] {
    const rest = [...resources];
    const order: string[] = [];
    while (rest.length > 0) {
      const next = rest.findIndex((resource) => !rest.some((other) => on.isAfter(other, resource)));
      if (next < 0) throw new Error("resources depend on each other");
      order.push(...rest.splice(next, 1).map(({ name }) => name));
    }
    return order;
  }

  const once = (name: string, index: number, all: string[]) => all.indexOf(name) === index;
});

describe("a stage that never enforced", () => {
  it("has nothing that runs when it is removed", async () => {
    const none = await exampleStage(observing);
    expect(none.ofType(REMOVAL)).toEqual([]);
  });
});

describe("when metering goes", () => {
  const SUBSCRIPTION = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter";
  let metered: Stage;
  let own: Recorded[];
  beforeAll(async () => {
    metered = await exampleStage(metering);
    const urns = new Set(on.resources.map(({ urn }) => urn));
    own = metered.resources.filter(({ urn, custom }) => custom && !urns.has(urn));
  });
  const log = (name: string) => metered.the("aws:cloudwatch/logGroup:LogGroup", name);

  it("Bedrock's log is switched off first: before its group and writer, and before the function that does it", () => {
    const switchedOn = metered.the(REMOVAL, "Logging-us-east-1");
    const later = [
      metered.the(SUBSCRIPTION, "Meter-us-east-1"),
      log("Invocations-us-east-1"),
      metered.the(ROLE, "LogWriter"),
      metered.the(FUNCTION, "Logging-us-east-1Function"),
      roleOf(metered, "logging"),
      log("Logging-us-east-1LogGroup"),
    ];
    for (const resource of later) {
      expect([resource.name, metered.isAfter(switchedOn, resource)]).toEqual([resource.name, true]);
    }
  });

  it.each(["eu-central-1", "us-east-1"])("nothing is handed to the meter of %s once it is taken down", (region) => {
    const meter = [
      metered.the(FUNCTION, `Meter-${region}Function`),
      metered.the(ROLE, `Meter-${region}Role`),
      metered.the("aws:dynamodb/table:Table"),
      metered.the("aws:cloudwatch/eventBus:EventBus"),
    ];
    const inlets = [
      metered.the(SUBSCRIPTION, `Meter-${region}`),
      metered.the("aws:lambda/eventSourceMapping:EventSourceMapping", `Replay-${region}`),
    ];
    for (const inlet of inlets) {
      expect(meter.map((resource) => metered.isAfter(inlet, resource))).toEqual([true, true, true, true]);
    }
    const permission = metered.the("aws:lambda/permission:Permission", `Meter-${region}`);
    expect(metered.isAfter(metered.the(SUBSCRIPTION, `Meter-${region}`), permission)).toBe(true);
  });

  it("nothing of it waits until denies are lifted, nor do they wait for anything of it", () => {
    const lifting = metered.the(REMOVAL, "Removal");
    expect(own.length).toBeGreaterThan(50);
    const bound = own.filter((one) => metered.isAfter(one, lifting) || metered.isAfter(lifting, one));
    expect(bound.map(({ name }) => name)).toEqual([]);
  });

  it("nothing of it stays behind, and nothing that stays needs any of it", () => {
    expect(own.filter(({ retainOnDelete }) => retainOnDelete)).toEqual([]);
    const urns = new Set(own.map(({ urn }) => urn));
    const staying = metered.resources.filter(
      ({ urn }) => !urns.has(urn) && on.resources.some((one) => one.urn === urn),
    );
    expect(staying.filter(({ dependencies }) => dependencies.some((urn) => urns.has(urn)))).toEqual([]);
  });
});
