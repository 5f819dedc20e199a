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

/** Sends one message. Nothing that it says, and no address, is in an error or in a reason. */
export type Letter = () => Promise<Outcome>;

/** One way to tell people. */
export interface NoticeChannel {
  readonly name: "slack" | "sns" | "chat";
  /** At least so long from one message to the next. */
  readonly apartMs: number;
  /** Whether anybody listens. Rejects if that is unknown. */
  isThere(): Promise<boolean>;
  /** What there is to send of these events, the same whenever it is asked: one event by itself, several as a digest. */
  letters(events: readonly GovernorEvent[]): readonly Letter[];
}
