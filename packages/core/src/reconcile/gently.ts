import type { EpochMs } from "../period/period.ts";
import type { JournalEntry } from "./journal.ts";
import type { ObservedAccess, Ports, UsagePort, UsageQuery, UsageReading, WriteOutcome } from "./ports.ts";
import type { Report } from "./report.ts";

/** For how long what was observed is good enough to find that nothing is to be done. */
const OBSERVATION_MS = 60_000;
/** What failed is tried again by the schedule, and by wakes no sooner than this: each would ask for all of it anew. */
const REST_MS = 10_000;

type Run = (ports: Ports) => Promise<Report>;

/** What a full run found, and what it was refused. Nothing was written since, as far as this process knows. */
interface Observation {
  readonly at: EpochMs;
  readonly settings: Awaited<ReturnType<Ports["settings"]["read"]>>;
  readonly principals: Awaited<ReturnType<Ports["directory"]["list"]>>;
  readonly catalogue: Awaited<ReturnType<Ports["catalogue"]["read"]>>;
  readonly journal: Awaited<ReturnType<Ports["journal"]["read"]>>;
  readonly access: ObservedAccess;
  readonly metrics: Asked;
  readonly budget: Asked;
  /** Attachments and detachments that need a person: a full role stays full for a minute. */
  readonly blocked: ReadonlyMap<string, WriteOutcome>;
  /** Policies that there was no room for. */
  readonly unpublished: ReadonlySet<string>;
}

/** What a source said that has nothing new within a minute. */
interface Asked {
  readonly queries: readonly UsageQuery[];
  readonly readings: readonly UsageReading[];
}
const NOTHING_ASKED: Asked = { queries: [], readings: [] };

/** Runs the loop on a fresh observation, or on the last one to see whether there is anything to do at all. */
export interface Observer {
  fully(run: Run): Promise<Report>;
  /**
   * Runs on usage of the log as it is now and everything else as it was observed within the last minute, on ports
   * that write nothing. Undefined if there is no such observation, or if the run would have written:
   * what it found is then a reason to observe again, and nothing more. Where there is no observation as the last full run
   * failed, moments ago, what came of that is what comes of this.
   */
  gently(run: Run): Promise<Report | undefined>;
}

export function createObserver(ports: Ports): Observer {
  let last: Observation | undefined;
  let failed: { readonly at: EpochMs; readonly run: Promise<Report> } | undefined;
  return {
    async fully(run) {
      last = undefined;
      failed = undefined;
      const watched = watching(ports);
      const running = run(watched.ports);
      const [outcome] = await Promise.allSettled([running]);
      const isWhole = outcome.status === "fulfilled";
      if (isWhole) last = watched.observation();
      if (!isWhole || outcome.value.passing.length > 0) failed = { at: ports.now(), run: running };
      return running;
    },
    async gently(run) {
      if (last === undefined && failed !== undefined && ports.now() < failed.at + REST_MS) {
        return { ...(await failed.run), changed: [], events: [] };
      }
      if (last === undefined || last.at <= ports.now() - OBSERVATION_MS) return undefined;
      const looked = looking(ports, last);
      const [outcome] = await Promise.allSettled([run(looked.ports)]);
      if (looked.wouldWrite()) return undefined;
      if (outcome.status === "rejected") throw outcome.reason;
      return { ...outcome.value, observedAt: last.at };
    },
  };
}

const writeId = (verb: "attach" | "detach", principal: string, policyName: string): string =>
  `${verb} ${principal} ${policyName}`;
const policiesId = (policies: readonly { readonly name: string }[]): string =>
  policies
    .map(({ name }) => name)
    .sort()
    .join(" ");

/** The mass-deny guard's notes are written before each attempt, those included that come to nothing. */
const isNote = (entries: readonly JournalEntry[]): boolean =>
  entries.every(({ writes, event }) => event === undefined && writes.every(({ mark }) => mark.kind === "new-deny"));

/** Ports that remember what they answered, as long as nothing is written. */
function watching(ports: Ports) {
  const { settings, directory, catalogue, usage, journal, access, publisher, announcer } = ports;
  const at = ports.now();
  const seen: { -readonly [K in keyof Observation]?: Observation[K] } = {};
  const blocked = new Map<string, WriteOutcome>();
  const unpublished = new Set<string>();
  let wrote = false;
  /** A write whose answer is lost may have taken place. */
  const writing = async <T>(write: () => Promise<T>, tookPlace: (answer: T) => boolean = () => true): Promise<T> => {
    const before = wrote;
    wrote = true;
    const answer = await write();
    wrote = before || tookPlace(answer);
    return answer;
  };
  /** What IAM refuses changes nothing. */
  const changing = (id: string, change: () => Promise<WriteOutcome>): Promise<WriteOutcome> =>
    writing(change, (outcome) => {
      if (outcome.status === "blocked") blocked.set(id, outcome);
      return outcome.status !== "blocked";
    });
  const noting =
    <K extends keyof Observation>(key: K, read: () => Promise<Observation[K]>) =>
    async () => {
      const value = await read();
      seen[key] = value;
      return value;
    };
  const asking = (kind: "metrics" | "budget"): UsagePort => ({
    async read(queries) {
      const readings = await usage[kind].read(queries);
      seen[kind] = { queries, readings };
      return readings;
    },
  });

  const watched: Ports = {
    ...ports,
    settings: { read: noting("settings", settings.read) },
    directory: { list: noting("principals", directory.list) },
    catalogue: { read: noting("catalogue", catalogue.read) },
    usage: { ...usage, metrics: asking("metrics"), budget: asking("budget") },
    journal: {
      read: noting("journal", journal.read),
      commit: (entries) =>
        writing(
          () => journal.commit(entries),
          () => !isNote(entries),
        ),
      sent: (ids) => writing(() => journal.sent(ids)),
    },
    access: {
      observe: noting("access", access.observe),
      attach: (principal, policyName) =>
        changing(writeId("attach", principal.id, policyName), () => access.attach(principal, policyName)),
      detach: (principal, policyName) =>
        changing(writeId("detach", principal, policyName), () => access.detach(principal, policyName)),
    },
    publisher: {
      publish: (policies) =>
        writing(
          () => publisher.publish(policies),
          (names) => {
            if (names.size === 0) unpublished.add(policiesId(policies));
            return names.size > 0;
          },
        ),
    },
    announcer: { announce: (events) => writing(() => announcer.announce(events)) },
  };
  return {
    ports: watched,
    observation(): Observation | undefined {
      const {
        settings,
        principals,
        catalogue,
        journal,
        access,
        metrics = NOTHING_ASKED,
        budget = NOTHING_ASKED,
      } = seen;
      if (wrote || !settings || !principals || !journal || !access) return undefined;
      return { at, settings, principals, catalogue, journal, access, metrics, budget, blocked, unpublished };
    },
  };
}

/** The same questions, but for rolling spans that moved on: a new period begins further away. */
const isSame = (queries: readonly UsageQuery[], before: readonly UsageQuery[]): boolean =>
  queries.length === before.length &&
  queries.every((query, index) => {
    const other = before[index];
    const [start, startBefore] = [query.span?.start, other?.span?.start];
    const moved = start === undefined || startBefore === undefined ? 0 : Math.abs(start - startBefore);
    return moved < OBSERVATION_MS && query.source === other?.source && query.measure === other.measure;
  });

/** Ports that answer from an observation, and refuse every write that it does not foretell. */
function looking(ports: Ports, last: Observation) {
  let wouldWrite = false;
  const refuse = async (): Promise<never> => {
    wouldWrite = true;
    throw new Error("a gentle run writes nothing");
  };
  const again = (kind: "metrics" | "budget"): UsagePort => ({
    read: async (queries) =>
      isSame(queries, last[kind].queries) ? last[kind].readings : ports.usage[kind].read(queries),
  });
  // The meters are checked by full runs.
  const { measured: _, ...others } = ports;
  const looked: Ports = {
    ...others,
    settings: { read: async () => last.settings },
    directory: { list: async () => last.principals },
    catalogue: { read: async () => last.catalogue },
    usage: { ...ports.usage, metrics: again("metrics"), budget: again("budget") },
    journal: {
      read: async () => last.journal,
      commit: async (entries) => (isNote(entries) ? entries : refuse()),
      sent: refuse,
    },
    access: {
      observe: async () => last.access,
      attach: async ({ id }, policyName) => last.blocked.get(writeId("attach", id, policyName)) ?? refuse(),
      detach: async (id, policyName) => last.blocked.get(writeId("detach", id, policyName)) ?? refuse(),
    },
    publisher: {
      publish: async (policies) => (last.unpublished.has(policiesId(policies)) ? new Set<string>() : refuse()),
    },
    announcer: { announce: refuse },
  };
  return { ports: looked, wouldWrite: () => wouldWrite };
}
