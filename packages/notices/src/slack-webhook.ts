import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { SlackMessage } from "./slack-message.ts";

/** What became of a post. No `why` holds the webhook's address, which is a secret, or anything of the message. */
export type SlackOutcome =
  | { readonly status: "sent" }
  /** Slack takes no more for a while: the same message can be sent after that. */
  | { readonly status: "busy"; readonly retryAfterMs: number }
  /** May work the next time. Slack may have shown the message all the same. */
  | { readonly status: "passing"; readonly why: string }
  /** Slack will not take this message; others it may. */
  | { readonly status: "message-refused"; readonly why: string }
  /** Slack takes nothing by this webhook: a person has to look. */
  | { readonly status: "webhook-refused"; readonly why: string };

export interface SlackWebhook {
  /** Never rejects. */
  post(url: string, message: SlackMessage): Promise<SlackOutcome>;
}

export interface SlackWebhookOptions {
  readonly fetch: typeof fetch;
  readonly now: () => EpochMs;
  readonly timeoutMs: number;
}

/** Markup in `text` does nothing, and nobody fetches what an address in it leads to. */
const PLAIN = { mrkdwn: false, unfurl_links: false, unfurl_media: false } as const;
/** Where a 429 does not say how long. */
const BUSY_MS = 30_000;
/** Slack answers in a word. */
const MOST_ANSWER = 1_000;

/** Posts to Slack's [incoming webhooks](https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export function createSlackWebhook({ fetch, now, timeoutMs }: SlackWebhookOptions): SlackWebhook {
  return {
    async post(url, message) {
      const address = addressOf(url);
      if (address === undefined) {
        return { status: "webhook-refused", why: "what is stored as the webhook is not an https address" };
      }
      try {
        const answer = await fetch(address, {
          method: "POST",
          headers: { "content-type": "application/json; charset=utf-8" },
          body: JSON.stringify({ ...message, ...PLAIN }),
          redirect: "manual",
          signal: AbortSignal.timeout(timeoutMs),
        });
        return outcome(answer.status, answer.headers.get("retry-after"), await wordOf(answer), now());
      } catch (error) {
        return { status: "passing", why: failure(error, timeoutMs) };
      }
    },
  };
}

/** Undefined unless it is https without a user's name, or http on this machine. */
function addressOf(text: string): URL | undefined {
  const url = URL.parse(text.trim());
  if (url === null || url.username !== "" || url.password !== "") return undefined;
  const isHere = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && isHere) ? url : undefined;
}

/** Slack's word for what is wrong, if the answer is one: `invalid_blocks`. */
async function wordOf(answer: Response): Promise<string | undefined> {
  const text = await startOf(answer);
  return /^[a-z]+(_[a-z]+)+$/.test(text) && text.length <= 50 ? text : undefined;
}

async function startOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    // Leaving the loop cancels the rest.
    if (text.length >= MOST_ANSWER) break;
  }
  return text.trim();
}

const MESSAGE_WORDS =
  /^(invalid_(blocks|payload|attachments)|msg_(blocks_)?too_long|no_text|too_many_(blocks|attachments))/;
const WEBHOOK_WORDS =
  /^(invalid_token|token_revoked|no_(service|team|active_hooks)|action_prohibited|channel_(is_archived|not_found)|user_not_found|team_disabled|posting_to)/;

function outcome(status: number, retryAfter: string | null, word: string | undefined, now: EpochMs): SlackOutcome {
  const why = `Slack answered ${status}${word === undefined ? "" : ` ${word}`}`;
  if (status >= 200 && status < 300) return { status: "sent" };
  if (status === 429) return { status: "busy", retryAfterMs: waitOf(retryAfter, now) };
  if (status >= 500 || status === 408) return { status: "passing", why };
  if (status < 400) return { status: "webhook-refused", why: `${why}, a redirect, which is not followed` };
  if (word !== undefined && MESSAGE_WORDS.test(word)) return { status: "message-refused", why };
  if (word !== undefined && WEBHOOK_WORDS.test(word)) return { status: "webhook-refused", why };
  const isOfMessage = status === 400 || status === 413 || status === 415 || status === 422;
  return { status: isOfMessage ? "message-refused" : "webhook-refused", why };
}

/** In seconds, or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function waitOf(retryAfter: string | null, now: EpochMs): number {
  const text = retryAfter?.trim() ?? "";
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.max(0, Math.ceil(wait)) : BUSY_MS;
}

/** Only what cannot hold the address: errors of `fetch` may quote it. */
function failure(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `Slack did not answer within ${timeoutMs} ms`;
  const code = codeOf(error) ?? (error instanceof Error ? codeOf(error.cause) : undefined);
  return `Slack could not be reached${code === undefined ? "" : ` (${code})`}`;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^[A-Z][A-Z0-9_]{2,40}$/.test(error.code) ? error.code : undefined;
}
