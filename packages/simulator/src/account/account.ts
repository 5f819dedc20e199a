import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Ports, UsagePort } from "@bedrock-governor/core/reconcile/ports";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import type { Clock } from "../clock.ts";
import { createLatency, type LatencyModel } from "../latency.ts";
import { randomAt } from "../random.ts";
import { createAccess } from "./access.ts";
import { type Amounts, createAmounts, priceAmounts } from "./amounts.ts";
import { type Bus, createBus } from "./announcer.ts";
import { type Attachments, createAttachments } from "./attachments.ts";
import type { Place, Road } from "./authorisation.ts";
import { createAuthoriser } from "./authoriser.ts";
import { createBilling } from "./billing.ts";
import { type Caller, type Callers, createCallers } from "./callers.ts";
import { type Call, createCalls } from "./calls.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { createFaults, type Faults } from "./faults.ts";
import { type AccountJournal, createJournal } from "./journal.ts";
import { createMetrics } from "./metrics.ts";
import { createParameters, type Parameters } from "./parameters.ts";
import { createPolicies, type Policies } from "./policies.ts";
import type { TrafficObserver, Use } from "./traffic.ts";
import { type Budget, budgetPort, createSilences, type Silences, storePort } from "./usage.ts";
import { createUsageStore, type UsageStore } from "./usage-store.ts";

export interface AccountOptions {
  readonly clock: Clock;
  /** Everything random follows from it. */
  readonly seed?: number;
  readonly latency?: LatencyModel;
  /** Models that exist; calls of others are possible all the same. */
  readonly catalogue?: Catalogue;
  readonly budgets?: readonly Budget[];
  /** How many managed policies a principal can hold; IAM's own quota is 10. */
  readonly quota?: number;
  /** For how long IAM's reads do not show a write. */
  readonly staleReadsMs?: number;
  readonly observer?: TrafficObserver;
  readonly place?: Place;
}

/** An AWS account in memory, on a virtual clock: what the governor sees of one, and what it cannot see. */
export interface Account {
  readonly place: Place;
  readonly ports: Ports;
  /** CloudWatch's usage by road, for checking the log against it. */
  readonly measured: NonNullable<Ports["measured"]>;
  /** Usage per principal and model as far as it is on the bill, which AWS shows to nobody. */
  readonly billed: UsagePort;
  readonly directory: Directory;
  readonly policies: Policies;
  readonly attachments: Attachments;
  readonly faults: Faults;
  readonly silences: Silences;
  readonly parameters: Parameters;
  readonly journal: AccountJournal;
  readonly bus: Bus;
  readonly callers: Callers;
  /** All completed calls, before any source shows them. */
  readonly used: UsageStore;
  /** One call, arriving now; false if it is refused. */
  call(caller: Caller, use: Use): boolean;
  isDenied(principal: PrincipalId, spelling: string, road?: Road): boolean;
  /** Calls and metric points that no source shows yet. */
  readonly unseen: { readonly calls: number; readonly points: number };
  /** Up to when usage is on the bill. */
  readonly billedUpTo: EpochMs;
}

const PLACE: Place = { account: "123456789012", partition: "aws", region: "us-east-1" };
const NO_MODELS: Catalogue = { models: [], aliases: new Map(), otherArns: new Map() };

export function createAccount(options: AccountOptions): Account {
  const {
    clock,
    seed = 1,
    catalogue = NO_MODELS,
    observer = {},
    place = PLACE,
    quota = 10,
    staleReadsMs = 0,
  } = options;
  const latency = createLatency(options.latency);
  const random = (stream: string, index: number) => randomAt(seed, stream, index);

  const faults = createFaults();
  const silences = createSilences();
  const directory = createDirectory(place);
  const policies = createPolicies(faults);
  const propagation = (principal: PrincipalId, ordinal: number) =>
    latency.iamPropagation(random(`iam-propagation ${principal}`, ordinal));
  const attachments = createAttachments({ clock, propagation, staleMs: staleReadsMs });
  const isDenied = createAuthoriser(attachments, policies, place, catalogue);
  const callers = createCallers(directory, isDenied, catalogue);
  attachments.onEffect(callers.refresh);
  policies.onRewritten((name) => attachments.holders(name).forEach(callers.refresh));
  directory.onCreated(callers.refresh);
  directory.onDeleted(attachments.forget);

  const parameters = createParameters(clock.now);
  const journal = createJournal(clock.now);
  const bus = createBus();

  let prices = createPriceBook([], catalogue);
  const priceOf = (spelling: string) => prices.priceOf(spelling, place.region);
  const price = (spelling: string, amounts: Amounts, at: EpochMs) => priceAmounts(amounts, priceOf(spelling), at);
  const used = createUsageStore();
  const logged = createUsageStore();
  const metrics = createMetrics({
    clock,
    price,
    publication: (number) => latency.metricPublication(random("metric-publication", number)),
    published: (point) => observer.published?.(point),
  });
  parameters.onChange((name) => {
    if (!name.startsWith("prices/")) return;
    prices = createPriceBook(parameters.settings().prices, catalogue);
    for (const store of [used, logged, metrics.store]) store.reprice(priceOf);
  });
  const billing = createBilling(
    clock,
    (number) => latency.billing(random("billing", number)),
    (upTo) => observer.billed?.(upTo),
  );

  const addUsed = counter(used);
  const addLogged = counter(logged);
  const calls = createCalls(clock, {
    duration: latency.requestDuration,
    delivery: (number) => latency.logDelivery(random("log-delivery", number)),
    meter: latency.meter,
    completed(call) {
      addUsed(call);
      metrics.add(call.caller, call.completesAt, call.amounts);
      observer.completed?.(call);
    },
    delivered: (call) => observer.delivered?.(call),
    metered(call) {
      addLogged(call);
      observer.metered?.(call);
    },
  });

  let attempts = 0;
  const asked = createAmounts();
  function call(caller: Caller, use: Use): boolean {
    const number = attempts++;
    asked.set([
      1,
      use.inputTokens,
      use.outputTokens,
      use.cacheReadTokens ?? 0,
      use.cacheWriteTokens ?? 0,
      use.images ?? 0,
    ]);
    price(caller.spelling, asked, clock.now());
    if (caller.refused) {
      observer.refused?.(caller, asked);
      return false;
    }
    const begun = calls.begin(number, caller, asked);
    observer.begun?.(begun);
    return true;
  }

  return {
    place,
    ports: {
      now: clock.now,
      settings: parameters.port,
      directory: directory.port,
      catalogue: { read: async () => catalogue },
      usage: {
        metrics: storePort(metrics.store, silences),
        logs: storePort(logged, silences),
        budget: budgetPort({
          budgets: options.budgets ?? [],
          store: used,
          silences,
          now: clock.now,
          billedUpTo: () => billing.upTo,
        }),
      },
      access: createAccess({ directory, policies, attachments, faults, quota }),
      publisher: policies.port,
      journal: journal.port,
      announcer: bus.port,
    },
    measured: {
      runtime: storePort(metrics.byRoad.runtime, silences),
      mantle: storePort(metrics.byRoad.mantle, silences),
    },
    billed: storePort(used, silences, () => billing.upTo),
    directory,
    policies,
    attachments,
    faults,
    silences,
    parameters,
    journal,
    bus,
    callers,
    used,
    call,
    isDenied: (principal, spelling, road = "runtime") => isDenied(principal, spelling, road),
    get unseen() {
      return { calls: calls.underWay, points: metrics.unpublished };
    },
    get billedUpTo() {
      return billing.upTo;
    },
  };
}

/** Counts calls in a store, each where its caller's are counted. */
function counter(store: UsageStore): (call: Call) => void {
  const lines: number[] = [];
  return ({ caller, completesAt, amounts }) => {
    const line = lines[caller.number] ?? store.line(caller);
    lines[caller.number] = line;
    store.add(line, completesAt, amounts);
  };
}
