import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Clock } from "../clock.ts";

/** One attach or detach that IAM did. */
export interface AttachmentWrite {
  readonly principal: PrincipalId;
  readonly policy: string;
  readonly on: boolean;
  readonly at: EpochMs;
  /** When it works everywhere. */
  readonly effectiveAt: EpochMs;
}

/**
 * Which policies hang on which principals, at three times: as written, as reads show it, and as it
 * works. IAM is eventually consistent, so the second and the third come later.
 */
export interface Attachments {
  /** As written. */
  of(principal: PrincipalId): readonly string[];
  /** As reads show it; the same object as before if nothing changed. */
  observed(): ReadonlyMap<PrincipalId, readonly string[]>;
  /** As it works. */
  effective(principal: PrincipalId): ReadonlySet<string>;
  holders(policy: string): readonly PrincipalId[];
  write(principal: PrincipalId, policy: string, on: boolean): void;
  /** Takes everything off a principal that is deleted. */
  forget(principal: PrincipalId): void;
  /** How long the next write on a principal will take to work. */
  nextPropagation(principal: PrincipalId): number;
  onWritten(listener: (write: AttachmentWrite) => void): void;
  /** Called when what works for a principal has changed; without a write if everything went with the principal. */
  onEffect(listener: (principal: PrincipalId, write?: AttachmentWrite) => void): void;
}

export interface AttachmentOptions {
  readonly clock: Clock;
  /** How long a principal's write number `ordinal` takes to work. */
  readonly propagation: (principal: PrincipalId, ordinal: number) => number;
  /** For how long reads do not show a write. */
  readonly staleMs: number;
}

/** What is known of one principal; made anew with the principal, so that old writes touch the old one only. */
interface Held {
  attached: readonly string[];
  observed: readonly string[];
  readonly effective: Set<string>;
  /** Per policy, the last write that works: one that took longer than a later one changes nothing. */
  readonly lastWorking: Map<string, number>;
}

const NOTHING: ReadonlySet<string> = new Set();

export function createAttachments({ clock, propagation, staleMs }: AttachmentOptions): Attachments {
  const held = new Map<PrincipalId, Held>();
  const ordinals = new Map<PrincipalId, number>();
  const writeListeners: ((write: AttachmentWrite) => void)[] = [];
  const effectListeners: ((principal: PrincipalId, write?: AttachmentWrite) => void)[] = [];
  let observed: ReadonlyMap<PrincipalId, readonly string[]> | undefined;

  const nextPropagation = (principal: PrincipalId) => Math.round(propagation(principal, ordinals.get(principal) ?? 0));
  const takeEffect = (principal: PrincipalId, write?: AttachmentWrite) => {
    for (const listener of effectListeners) listener(principal, write);
  };

  function show(one: Held): void {
    one.observed = one.attached;
    observed = undefined;
  }

  function heldBy(principal: PrincipalId): Held {
    const there = held.get(principal);
    if (there !== undefined) return there;
    const fresh: Held = { attached: [], observed: [], effective: new Set(), lastWorking: new Map() };
    held.set(principal, fresh);
    return fresh;
  }

  return {
    of: (principal) => held.get(principal)?.attached ?? [],
    observed() {
      observed ??= new Map([...held].flatMap(([id, one]) => (one.observed.length > 0 ? [[id, one.observed]] : [])));
      return observed;
    },
    effective: (principal) => held.get(principal)?.effective ?? NOTHING,
    holders: (policy) => [...held].flatMap(([id, { attached }]) => (attached.includes(policy) ? [id] : [])),
    write(principal, policy, on) {
      const one = heldBy(principal);
      const at = clock.now();
      const ordinal = ordinals.get(principal) ?? 0;
      const done = { principal, policy, on, at, effectiveAt: at + nextPropagation(principal) };
      ordinals.set(principal, ordinal + 1);
      const others = one.attached.filter((name) => name !== policy);
      one.attached = on ? [...others, policy] : others;
      if (staleMs === 0) show(one);
      else clock.at(at + staleMs, () => show(one));
      clock.at(done.effectiveAt, () => {
        if ((one.lastWorking.get(policy) ?? -1) > ordinal) return;
        one.lastWorking.set(policy, ordinal);
        if (on) one.effective.add(policy);
        else one.effective.delete(policy);
        if (held.get(principal) === one) takeEffect(principal, done);
      });
      for (const listener of writeListeners) listener(done);
    },
    forget(principal) {
      held.delete(principal);
      observed = undefined;
      takeEffect(principal);
    },
    nextPropagation,
    onWritten: (listener) => writeListeners.push(listener),
    onEffect: (listener) => effectListeners.push(listener),
  };
}
