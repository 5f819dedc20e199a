import type { DenySet } from "../enforcement/deny-set.ts";
import type { Measure } from "../limit/limit.ts";
import type { Pattern } from "../model/pattern.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import type { Departure, WorkedOut } from "../usage/side-by-side.ts";
import type { GovernorEvent } from "./event.ts";

/** What a threshold stands for: one principal, one model, both, or (empty) everything the limit counts. */
export interface Key {
  readonly principal?: PrincipalId;
  readonly model?: string;
}

/**
 * What the journal remembers between runs, one kind each. All but `peak`, `held-step`, `baseline`, `drift` and
 * `billed` serve announcing only.
 */
export type Mark =
  /** One member of one principal's deny set, from deny to lift; `would` in observe mode. */
  | {
      readonly kind: "episode";
      readonly principal: PrincipalId;
      readonly member: Pattern;
      readonly would: boolean;
      readonly since: EpochMs;
      readonly limits: readonly string[];
      /** What it was told as due to, if anything was known; not noted by early versions of the governor. */
      readonly toldAs?: string;
      readonly reason: string;
      /** When it was put back after someone took it off. */
      readonly repairs: readonly EpochMs[];
    }
  /** What we wrote last on a principal: until IAM's reads agree, this is what holds. */
  | {
      readonly kind: "write";
      readonly principal: PrincipalId;
      readonly attached: readonly string[];
      readonly denied: DenySet;
      readonly at: EpochMs;
    }
  /** Usage that a reset took out of the count. */
  | {
      readonly kind: "baseline";
      readonly reset: string;
      readonly limit: string;
      readonly key: Key;
      readonly periodStart: EpochMs;
      readonly amount: number;
    }
  /** Of a limit with `reset: "manual"`: the usage that holds until an operator resets it. */
  | {
      readonly kind: "peak";
      readonly limit: string;
      readonly key: Key;
      readonly measure: Measure;
      readonly amount: number;
      readonly since: EpochMs;
    }
  /** A step of a rolling limit that was reached and has not fallen below its lift mark since. */
  | {
      readonly kind: "held-step";
      readonly limit: string;
      readonly key: Key;
      readonly at: number;
      readonly since: EpochMs;
      /** By which it was reached; not noted by early versions of the governor. */
      readonly threshold?: number;
    }
  /** Something said once, such as a warning in a period. */
  | { readonly kind: "said"; readonly id: string; readonly until: EpochMs }
  /** A plan the mass-deny guard held: `pairs` are hashes of its principals and deny sets. */
  | {
      readonly kind: "held-plan";
      readonly id: string;
      readonly pairs: readonly string[];
      readonly at: EpochMs;
    }
  /** Principals newly denied, for the mass-deny guard's ten minutes. */
  | { readonly kind: "new-deny"; readonly principal: PrincipalId; readonly at: EpochMs }
  /** A reading that is unknown, or a principal we could not act on, and since when. */
  | {
      readonly kind: "trouble";
      readonly subject: string;
      readonly since: EpochMs;
      readonly why: string;
      readonly announced: boolean;
    }
  /** A model of which the invocation log tells less than CloudWatch (`short`), or more. */
  | {
      readonly kind: "drift";
      readonly model: string;
      readonly way: "short" | "over";
      /** That it was told of. */
      readonly hour: EpochMs;
      /** What the last such hour showed. */
      readonly why: string;
      /**
       * The beginnings of such hours, oldest first: those of the last two days, and one from before;
       * not noted by early versions of the governor.
       */
      readonly hours?: readonly EpochMs[];
      /** An hour after the last of them was not such. */
      readonly past?: true;
    }
  /** What a budget told of last. While it tells of nothing after it told of more, it is not believed. */
  | {
      readonly kind: "billed";
      /** Its name. */
      readonly budget: string;
      readonly span: Span;
      readonly amount: number;
      /** When it was first seen to tell of nothing; `span` and `amount` are then those before. */
      readonly nothingSince?: EpochMs;
    }
  /** A bill that was told to be apart from what was used, until the two agree. */
  | {
      readonly kind: "bill-drift";
      readonly limit: string;
      readonly since: EpochMs;
      /** Told as nothing billed at all. */
      readonly nothing?: true;
    }
  /** What was billed of a limit's budget, what it should have been, and since when the two are apart. */
  | {
      readonly kind: "money";
      readonly limit: string;
      /** When it was compared. */
      readonly at: EpochMs;
      readonly span: Span;
      readonly asOf: EpochMs;
      readonly billed: number;
      readonly estimate: WorkedOut;
      readonly metered: WorkedOut;
      readonly departure?: Departure;
    }
  /** A parameter as it was last seen. */
  | {
      readonly kind: "parameter";
      readonly parameter: string;
      readonly version: number;
      readonly value: string;
      /** When it was written; not noted by early versions of the governor. */
      readonly at?: EpochMs;
    };

export type MarkOf<K extends Mark["kind"]> = Extract<Mark, { kind: K }>;

export const marksOf = <K extends Mark["kind"]>(marks: readonly Mark[], kind: K): readonly MarkOf<K>[] =>
  marks.filter((mark): mark is MarkOf<K> => mark.kind === kind);

export interface Journal {
  readonly marks: readonly Mark[];
  /** Events written and not yet sent, oldest first. */
  readonly unsent: readonly GovernorEvent[];
}

/**
 * `open` holds only if no mark of that id exists, `close` only if one does, `replace` only if the
 * mark is still exactly `before`, `set` always.
 */
export type JournalWrite =
  | { readonly op: "open" | "close" | "set"; readonly mark: Mark }
  | { readonly op: "replace"; readonly before: Mark; readonly mark: Mark };

/**
 * Writes that take place together or, if the condition of one does not hold, not at all. The event
 * is told only if they take place.
 */
export interface JournalEntry {
  readonly writes: readonly JournalWrite[];
  readonly event?: GovernorEvent;
}

export function makeKey(principal: PrincipalId | undefined, model: string | undefined): Key {
  if (principal === undefined) return model === undefined ? {} : { model };
  return model === undefined ? { principal } : { principal, model };
}

/** The same for equal keys and no others. */
export const keyText = (key: Key): string => `${key.principal ?? ""}#${key.model ?? ""}`;

/** Names a mark: two marks of one id are the same thing. */
export function markId(mark: Mark): string {
  switch (mark.kind) {
    case "episode":
      return `episode#${mark.would ? "would" : "denied"}#${mark.principal}#${mark.member}`;
    case "write":
      return `write#${mark.principal}`;
    case "baseline":
      return `baseline#${mark.reset}#${mark.limit}#${mark.periodStart}#${keyText(mark.key)}`;
    case "peak":
      return `peak#${mark.limit}#${keyText(mark.key)}`;
    case "held-step":
      return `held-step#${mark.limit}#${mark.at}#${keyText(mark.key)}`;
    case "said":
      return `said#${mark.id}`;
    case "held-plan":
      return `held-plan#${mark.id}`;
    case "new-deny":
      return `new-deny#${mark.principal}`;
    case "trouble":
      return `trouble#${mark.subject}`;
    case "drift":
      return `drift#${mark.way}#${mark.model}`;
    case "billed":
      return `billed#${mark.budget}`;
    case "bill-drift":
      return `bill-drift#${mark.limit}`;
    case "money":
      return `money#${mark.limit}`;
    case "parameter":
      return `parameter#${mark.parameter}`;
  }
}
