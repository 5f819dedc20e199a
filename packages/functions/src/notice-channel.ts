import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";

/**
 * What became of a message. `busy` and `absent` may take it later, and so may one that fails for another
 * passing reason: that rejects. `refused` is what the channel would refuse again.
 */
export type Outcome =
  | { readonly status: "sent" }
  | { readonly status: "busy"; readonly retryAfterMs: number }
  | { readonly status: "absent" }
  | { readonly status: "refused"; readonly why: string };

/** The channel takes no message at all until a person has looked: this one is not to blame. */
export class ChannelClosedError extends Error {}

/** Nothing that it says, and no address, is in an error or in a reason. */
export interface Letter {
  /** What it tells of, and no other letter of the same events. */
  readonly events: readonly GovernorEvent[];
  /** Sends it once. @throws ChannelClosedError */
  send(): Promise<Outcome>;
}

/** Who listens on a channel. */
export interface Listener {
  /** Another one for another address, which it does not tell. */
  readonly mark: string;
  /** Since when; left out: always. */
  readonly since?: EpochMs;
  /** What a person should put right, though it works. */
  readonly warning?: string;
}

/** One way to tell people. */
export interface NoticeChannel {
  readonly name: "slack" | "sns" | "chat";
  /** At least so long from one message to the next. */
  readonly apartMs: number;
  /** Undefined: nobody listens. Rejects if that is unknown. */
  listener(): Promise<Listener | undefined>;
  /** What there is to send of these events, the same whenever it is asked: one event by itself, several as a digest. */
  letters(events: readonly GovernorEvent[]): readonly Letter[];
}
