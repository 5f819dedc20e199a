import type { DenySet } from "../enforcement/deny-set.ts";
import type { Measure, Source } from "../limit/limit.ts";
import type { Settings } from "../limit/settings.ts";
import type { Catalogue } from "../model/catalogue.ts";
import type { Pattern } from "../model/pattern.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { DenyPolicy } from "../policy/deny-policy.ts";
import type { Principal, PrincipalId } from "../principal/principal.ts";
import type { UsageTable } from "../usage/usage-table.ts";
import type { GovernorEvent } from "./event.ts";
import type { Journal, JournalEntry } from "./journal.ts";

/** What the operator has set. */
export interface SettingsPort {
  /** Everything in force now; the same object as before if nothing changed. Rejects if anything is unread. */
  read(): Promise<Settings>;
}

/** Which roles and users exist. */
export interface DirectoryPort {
  /** All of them; the same array as before if nothing changed. Rejects if a page is unread. */
  list(): Promise<readonly Principal[]>;
}

/** Which models and profiles exist. */
export interface CataloguePort {
  /** The same object as before if nothing changed; undefined if any part could not be read. */
  read(): Promise<Catalogue | undefined>;
}

/** Asks for the usage of one measure in one span. */
export interface UsageQuery {
  readonly source: Source;
  readonly measure: Measure;
  /** Models that matter: others may be left out of the answer. */
  readonly models: readonly Pattern[];
  /** A budget knows its own span. */
  readonly span: Span | undefined;
}

export type UsageReading =
  | {
      readonly status: "known";
      readonly table: UsageTable;
      /** The span that was asked for, or the budget's own. */
      readonly span: Span;
      /** A budget's amount. */
      readonly threshold?: number;
      /** When AWS last worked out what is billed; other sources are as of now. */
      readonly asOf?: EpochMs;
      /** Calls that this source cannot see, in words. They are not in the table. */
      readonly unseen?: string;
      /** The source was not there for the whole span, so that no other can be held against it. */
      readonly incomplete?: true;
    }
  | {
      readonly status: "unknown";
      readonly why: string;
      /** By the source's nature and for some hours: denies are held as ever, but nothing has failed. */
      readonly expected?: true;
    };

/** How much was used, by one source. */
export interface UsagePort {
  /** One reading per query, in order. What could not be read is unknown; rejects only on a defect. */
  read(queries: readonly UsageQuery[]): Promise<readonly UsageReading[]>;
}

/** Deny policies as IAM has them. */
export interface ObservedAccess {
  /** Every published policy: what it denies, or undefined if its document is not what its name says. */
  readonly published: ReadonlyMap<string, DenySet | undefined>;
  /** Names of our policies that each principal holds. */
  readonly attached: ReadonlyMap<PrincipalId, readonly string[]>;
}

/** How a write on one principal ended, when IAM did answer. */
export type WriteOutcome =
  | { readonly status: "done" }
  /** The principal is not there any more. */
  | { readonly status: "gone" }
  /** The policy is not there, or not yet. */
  | { readonly status: "unpublished" }
  /** Needs a person: a full role, a role that cannot be modified, a policy that is not what its name says. */
  | { readonly status: "blocked"; readonly why: string; readonly remedy: string; readonly full: boolean };

/** Who is denied what. */
export interface AccessPort {
  /** Rejects if anything is unread: a part of the denies is no basis for a plan. */
  observe(): Promise<ObservedAccess>;
  /** Attaches a published policy after reading its document; rejects on a passing failure. */
  attach(principal: Principal, policyName: string): Promise<WriteOutcome>;
  /** A policy that is already off counts as done; rejects on a passing failure. */
  detach(principal: PrincipalId, policyName: string): Promise<WriteOutcome>;
}

/** Creates deny policies; may attach none. */
export interface PublisherPort {
  /**
   * Resolves with the names that can be attached now; a policy that exists already counts. It may leave some for
   * the next run, and all if the time is short. Rejects on a passing failure.
   */
  publish(policies: readonly DenyPolicy[]): Promise<ReadonlySet<string>>;
}

/** What was said and declared. It never decides who is denied. */
export interface JournalPort {
  /** Everything that is not closed, and events not yet sent. Rejects if anything is unread. */
  read(): Promise<Journal>;
  /**
   * Writes the entries one after the other, each as a whole (its writes and its event) or not at all.
   * Resolves with those that took place: another run was faster with the others.
   */
  commit(entries: readonly JournalEntry[]): Promise<readonly JournalEntry[]>;
  /** Says that events reached the bus. Rejects on a passing failure: they are then sent again. */
  sent(eventIds: readonly string[]): Promise<void>;
}

export interface AnnouncerPort {
  /** Resolves with the ids of the events that the bus took. */
  announce(events: readonly GovernorEvent[]): Promise<ReadonlySet<string>>;
}

export interface Ports {
  now(): EpochMs;
  readonly settings: SettingsPort;
  readonly directory: DirectoryPort;
  readonly catalogue: CataloguePort;
  readonly usage: { readonly metrics: UsagePort; readonly logs: UsagePort; readonly budget: UsagePort };
  /**
   * What CloudWatch measured by either road, against which the log is checked and the bill is compared:
   * `bedrock-mantle` has no log. Without it both are taken at their word.
   */
  readonly measured?: { readonly runtime: UsagePort; readonly mantle: UsagePort };
  readonly access: AccessPort;
  readonly publisher: PublisherPort;
  readonly journal: JournalPort;
  readonly announcer: AnnouncerPort;
}
