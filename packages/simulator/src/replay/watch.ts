import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { Calendar } from "@bedrock-governor/core/period/span-at";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { AttachmentWrite } from "../account/attachments.ts";
import type { Caller } from "../account/callers.ts";
import type { Call } from "../account/calls.ts";
import type { Point } from "../account/metrics.ts";
import { type Counted, createKeyUsage } from "./key-usage.ts";
import type { MeasuredKey } from "./measured-key.ts";
import { cover, type OpenCrossing, uncover } from "./open-crossing.ts";

/** What a watch has to ask about the account. */
export interface WatchedAccount {
  now(): EpochMs;
  isDenied(principal: PrincipalId, spelling: string): boolean;
  nextPropagation(principal: PrincipalId): number;
}

/** Follows one threshold through a replay. Told everything that happens; changes nothing. */
export interface Watch {
  readonly key: MeasuredKey;
  /** Oldest first. */
  readonly crossings: readonly OpenCrossing[];
  readonly refused: number;
  readonly lifts: number;
  /** Spellings whose price is unknown, so that nobody can say what was used. */
  readonly unpriced: ReadonlySet<string>;
  begun(call: Call): void;
  refuse(caller: Caller): void;
  completed(call: Call): void;
  delivered(call: Call): void;
  published(point: Point): void;
  billed(upTo: EpochMs): void;
  effect(principal: PrincipalId, write: AttachmentWrite | undefined): void;
  /** Ends a crossing whose period is over. */
  tick(): void;
  /** Says whether something may still come of the last crossing. @param shownAll whether the source has shown everything */
  awaits(shownAll: boolean): boolean;
  /** Ends what is open. */
  close(): void;
}

/** How long a deny may take after the evidence: a run, its writes and IAM's slowest propagation many times over. */
const PATIENCE_MS = 15 * 60_000;

export function createWatch(key: MeasuredKey, account: WatchedAccount, calendar: Calendar): Watch {
  const { limit, source, line, denyLine, principals, denied } = key;
  const usage = createKeyUsage(key, account.now, calendar);
  const { arrived, completed, shown, rolls } = usage;
  const crossings: OpenCrossing[] = [];
  let refused = 0;
  let lifts = 0;
  /** Whether the next time usage is above the line it is another crossing. */
  let armed = true;

  const isCovered = (principal: PrincipalId) => [...denied].every((spelling) => account.isDenied(principal, spelling));
  /** The last one, while something may still happen to it. */
  const current = () => (crossings.at(-1)?.usedWithout === undefined ? crossings.at(-1) : undefined);
  /** Of a rolling period, the one until now: with all that is under way. */
  const arrivedFor = ({ span }: OpenCrossing) =>
    arrived.sum(rolls ? { start: usage.spanNow().start, end: Number.POSITIVE_INFINITY } : span);

  function open(span: Span, used: number): void {
    const at = account.now();
    const crossing: OpenCrossing = {
      at,
      span,
      peak: used,
      open: new Set(denied.size > 0 ? principals : []),
      denied: new Map(),
    };
    armed = false;
    crossings.push(crossing);
    for (const principal of crossing.open) if (isCovered(principal)) coverNow(crossing, principal, at);
  }

  function coverNow(crossing: OpenCrossing, principal: PrincipalId, sentAt: EpochMs): void {
    if (!cover(crossing, principal, sentAt, account.now())) return;
    crossing.effectiveAt = account.now();
    crossing.usedAtEffective = arrivedFor(crossing);
  }

  /** A deny that comes after the period no longer counts. */
  function lapse(crossing: OpenCrossing): void {
    if (crossing.effectiveAt !== undefined) return;
    crossing.usedWithout = rolls ? crossing.peak : arrivedFor(crossing);
    crossing.open.clear();
  }

  function tick(): void {
    const crossing = current();
    if (crossing === undefined || !(rolls ? isUnder(crossing) : account.now() >= crossing.span.end)) return;
    lapse(crossing);
    armed = true;
  }
  /** A rolling limit's crossing is over when usage is under its lift mark and nobody is denied any more. */
  function isUnder({ effectiveAt, denied: still }: OpenCrossing): boolean {
    if (effectiveAt !== undefined && still.size > 0) return false;
    return !usage.reaches(completed.sum(usage.spanNow()), (line * limit.liftBelow) / 100);
  }

  /** @param upTo what the source shows ends there */
  function lookForEvidence(seen: Counted, upTo = Number.POSITIVE_INFINITY): void {
    tick();
    const crossing = current();
    if (crossing === undefined || crossing.evidence !== undefined) return;
    const { start, end } = usage.spanNow();
    if (!usage.reaches(seen.sum({ start, end: Math.min(end, upTo) }), line)) return;
    const at = account.now();
    const propagation = new Map(principals.map((principal) => [principal, account.nextPropagation(principal)]));
    const until = at + Math.max(0, ...propagation.values());
    crossing.evidence = { at, arrived: arrivedFor(crossing), propagation, until, since: [] };
  }

  return {
    key,
    crossings,
    get refused() {
      return refused;
    },
    get lifts() {
      return lifts;
    },
    unpriced: usage.unpriced,
    begun(call) {
      const amount = arrived.add(call.completesAt, call);
      const crossing = current();
      if (crossing?.evidence === undefined || account.now() > crossing.evidence.until) return;
      if (!rolls && call.completesAt >= crossing.span.end) return;
      crossing.evidence.since.push({ caller: call.caller, at: account.now(), amount });
    },
    refuse({ principal, spelling }) {
      if (!denied.has(spelling)) return;
      const isOurs = crossings.at(-1)?.denied.has(principal);
      if (isOurs || usage.reaches(completed.sum(usage.spanNow()), denyLine)) refused++;
    },
    completed(call) {
      completed.add(call.completesAt, call);
      tick();
      // A calendar period is crossed only once.
      if (!armed && !rolls) return;
      const span = usage.spanNow();
      const used = completed.sum(span);
      const crossing = current();
      if (crossing !== undefined) crossing.peak = Math.max(crossing.peak, used);
      if (armed && usage.reaches(used, line)) open(span, used);
    },
    delivered(call) {
      if (source !== "logs") return;
      shown.add(call.completesAt, call);
      lookForEvidence(shown);
    },
    published(point) {
      if (source !== "metrics") return;
      shown.add(point.minute, point);
      lookForEvidence(shown);
    },
    billed(upTo) {
      if (source === "budget") lookForEvidence(completed, upTo);
    },
    effect(principal, write) {
      tick();
      const crossing = crossings.at(-1);
      if (crossing === undefined) return;
      if (crossing.denied.has(principal)) {
        if (!isCovered(principal) && uncover(crossing, principal)) lifts++;
      } else if (crossing.open.has(principal) && isCovered(principal)) {
        coverNow(crossing, principal, write?.at ?? account.now());
      }
    },
    tick,
    awaits(shownAll) {
      const crossing = current();
      if (crossing === undefined || usage.unpriced.size > 0) return false;
      if (crossing.evidence === undefined) return !shownAll;
      return crossing.open.size > 0 && account.now() < crossing.evidence.at + PATIENCE_MS;
    },
    close() {
      const crossing = current();
      if (crossing !== undefined) lapse(crossing);
    },
  };
}
