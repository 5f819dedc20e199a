import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What Slack answers to a post. `slow` shows the message, and whoever sent it waits in vain for the answer. */
export type SlackAnswer = "ok" | "error" | "slow" | "invalid_blocks" | "invalid_payload" | { readonly busyFor: number };

interface Message {
  readonly text: string;
  readonly blocks?: readonly object[];
}

/** Slack's incoming webhooks, at `/services/…`. A path that is no webhook (any more) is answered with `no_service`. */
export interface PlayedSlack {
  /** Every post that arrived, in order. */
  readonly posts: readonly { readonly path: string; readonly message: Message }[];
  /** What people see. */
  readonly shown: readonly Message[];
  /** Paths that are webhooks. */
  webhooks: readonly string[];
  /** How the next posts are answered; then, and at first, everything is `ok`. */
  next(...answers: readonly SlackAnswer[]): void;
  /** How everything else is answered. */
  always(answer: SlackAnswer): void;
  /** In place of the network: any host will do. */
  readonly fetch: typeof fetch;
  /** Listens on loopback. */
  listen(): Promise<{ readonly origin: string; stop(): void }>;
}

export const WEBHOOK_PATH = "/services/T000/B000/first";

export function playSlack(): PlayedSlack {
  const posts: PlayedSlack["posts"][number][] = [];
  const shown: Message[] = [];
  const planned: SlackAnswer[] = [];
  let otherwise: SlackAnswer = "ok";
  let webhooks: readonly string[] = [WEBHOOK_PATH];

  /** Undefined: no answer. */
  function answer(path: string, body: string): Response | undefined {
    const message: Message = JSON.parse(body);
    posts.push({ path, message });
    if (!webhooks.includes(path)) return new Response("no_service", { status: 404 });
    const how = planned.shift() ?? otherwise;
    if (typeof how === "object") {
      return new Response("rate_limited", { status: 429, headers: { "retry-after": String(how.busyFor) } });
    }
    if (how === "error") return new Response("server_error", { status: 500 });
    if (how === "invalid_payload" || (how === "invalid_blocks" && message.blocks !== undefined)) {
      return new Response(how, { status: 400 });
    }
    shown.push(message);
    return how === "slow" ? undefined : new Response("ok", { status: 200 });
  }

  return {
    posts,
    shown,
    get webhooks() {
      return webhooks;
    },
    set webhooks(paths) {
      webhooks = paths;
    },
    next: (...answers) => void planned.push(...answers),
    always(answer) {
      otherwise = answer;
    },
    async fetch(url, init) {
      const answered = answer(new URL(String(url)).pathname, String(init?.body));
      if (answered === undefined) throw new DOMException("The operation timed out", "TimeoutError");
      return answered;
    },
    async listen() {
      const server = createServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        const answered = answer(request.url ?? "", Buffer.concat(chunks).toString());
        if (answered === undefined) return;
        response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(await answered.text());
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      const { port } = server.address() as AddressInfo;
      return {
        origin: `http://127.0.0.1:${port}`,
        stop() {
          server.close();
          server.closeAllConnections();
        },
      };
    },
  };
}
