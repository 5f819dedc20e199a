import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { AttachmentWrite } from "../account/attachments.ts";
import type { Caller } from "../account/callers.ts";
import type { TrafficObserver } from "../account/traffic.ts";
import type { Watch } from "./watch.ts";

/** Every watch of a replay, each told what concerns it. */
export interface Watchers {
  readonly observer: TrafficObserver;
  readonly all: readonly Watch[];
  /** Requests that were refused, each counted once. */
  readonly refused: number;
  add(watch: Watch): void;
  effect(principal: PrincipalId, write: AttachmentWrite | undefined): void;
  onMetered(listener: () => void): void;
}

export function createWatchers(): Watchers {
  const all: Watch[] = [];
  const byCaller: Watch[][] = [];
  const bySpelling = new Map<string, Set<Watch>>();
  let refused = 0;
  let metered = () => {};
  const of = (caller: Caller): readonly Watch[] => byCaller[caller.number] ?? NONE;

  return {
    all,
    get refused() {
      return refused;
    },
    add(watch) {
      all.push(watch);
      for (const { number, spelling } of watch.key.callers) {
        const watches = byCaller[number] ?? [];
        watches.push(watch);
        byCaller[number] = watches;
        bySpelling.set(spelling, (bySpelling.get(spelling) ?? new Set()).add(watch));
      }
    },
    effect(principal, write) {
      for (const watch of all) watch.effect(principal, write);
    },
    onMetered(listener) {
      metered = listener;
    },
    observer: {
      begun(call) {
        for (const watch of of(call.caller)) watch.begun(call);
      },
      refused(caller) {
        refused++;
        for (const watch of of(caller)) watch.refuse(caller);
      },
      completed(call) {
        for (const watch of of(call.caller)) watch.completed(call);
      },
      delivered(call) {
        for (const watch of of(call.caller)) watch.delivered(call);
      },
      metered: () => metered(),
      published(point) {
        for (const watch of bySpelling.get(point.caller.spelling) ?? NONE) watch.published(point);
      },
      billed(upTo) {
        for (const watch of all) watch.billed(upTo);
      },
    },
  };
}

const NONE: readonly Watch[] = [];
