import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSlackWebhook, type SlackOutcome } from "@bedrock-governor/notices/slack-webhook";
import { afterEach, describe, expect, it } from "vitest";

const SECRET = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";
const MESSAGE = { text: "role/batch was denied", blocks: [{ type: "divider" as const }] };
const NOW = Date.UTC(2026, 0, 5, 12);

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** A Slack on this machine. */
async function slack(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, response, Buffer.concat(chunks).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened.push({ close: () => server.close() && server.closeAllConnections() });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return `http://127.0.0.1:${address.port}${SECRET}`;
}

const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
  slack((_, response) => response.writeHead(status, headers).end(body));

const post = (url: string, timeoutMs = 2_000): Promise<SlackOutcome> =>
  createSlackWebhook({ fetch, now: () => NOW, timeoutMs }).post(url, MESSAGE);

describe("a post to Slack's webhook", () => {
  it("is JSON in which markup is off, and is sent when Slack says so", async () => {
    const posted: unknown[] = [];
    const url = await slack((request, response, body) => {
      posted.push([request.method, request.url, request.headers["content-type"], JSON.parse(body)]);
      response.end("ok");
    });
    expect(await post(url)).toEqual({ status: "sent" });
    const body = { ...MESSAGE, mrkdwn: false, unfurl_links: false, unfurl_media: false };
    expect(posted).toEqual([["POST", SECRET, "application/json; charset=utf-8", body]]);
  });

  it.each([
    ["seconds", "3", 3_000],
    ["a date", new Date(NOW + 90_000).toUTCString(), 90_000],
    ["a date that is over", new Date(NOW - 90_000).toUTCString(), 0],
    ["nothing to be read", "soon", 30_000],
  ])("waits as long as Slack says, in %s", async (_, retryAfter, retryAfterMs) => {
    const url = await answering(429, "rate_limited", { "retry-after": retryAfter });
    expect(await post(url)).toEqual({ status: "busy", retryAfterMs });
  });

  it("waits for a while where a 429 says nothing", async () => {
    expect(await post(await answering(429, ""))).toEqual({ status: "busy", retryAfterMs: 30_000 });
  });

  it.each([500, 502, 503, 504, 408])("may pass when Slack answers %i", async (status) => {
    const url = await answering(status, "rollup_error");
    expect(await post(url)).toEqual({ status: "passing", why: `Slack answered ${status} rollup_error` });
  });

  it.each([
    [400, "invalid_blocks"],
    [400, "invalid_payload"],
    [400, "msg_too_long"],
    [400, "no_text"],
    [400, "something_new"],
    [413, ""],
  ])("is refused as a message: %i %s", async (status, word) => {
    const why = `Slack answered ${status}${word && ` ${word}`}`;
    expect(await post(await answering(status, word))).toEqual({ status: "message-refused", why });
  });

  it.each([
    [403, "invalid_token"],
    [403, "action_prohibited"],
    [404, "no_service"],
    [404, "no_active_hooks"],
    [404, "channel_not_found"],
    [410, "channel_is_archived"],
    [400, "no_team"],
    [401, ""],
  ])("is refused whatever it holds: %i %s", async (status, word) => {
    const why = `Slack answered ${status}${word && ` ${word}`}`;
    expect(await post(await answering(status, word))).toEqual({ status: "webhook-refused", why });
  });

  it("follows no redirect, which could lead the message elsewhere", async () => {
    const seen: string[] = [];
    const elsewhere = await slack((request, response) => {
      seen.push(request.url ?? "");
      response.end("ok");
    });
    expect(await post(await answering(302, "", { location: elsewhere }))).toMatchObject({ status: "webhook-refused" });
    expect(seen).toEqual([]);
  });

  it.each([
    ["is slow to answer", () => {}],
    [
      "is slow to end its answer",
      (_: IncomingMessage, response: ServerResponse) => void response.writeHead(200).write("o"),
    ],
  ])("is given up for now when Slack %s", async (_, answer) => {
    expect(await post(await slack(answer), 100)).toEqual({
      status: "passing",
      why: "Slack did not answer within 100 ms",
    });
  });

  it("may pass when nobody is there, or hangs up", async () => {
    expect(await post("http://127.0.0.1:9/x")).toMatchObject({ status: "passing" });
    const url = await slack((request) => request.socket.destroy());
    expect(await post(url)).toMatchObject({
      status: "passing",
      why: expect.stringMatching(/^Slack could not be reached/),
    });
  });

  it.each([
    "",
    "not an address",
    "http://hooks.slack.com/services/T0/B0/secret",
    "ftp://hooks.slack.com/secret",
    "https://user:secret@hooks.slack.com/services",
    "http://127.0.0.1.evil.example/secret",
    "javascript:secret",
  ])("goes nowhere but to https: %j", async (url) => {
    const unused = () => Promise.reject(new Error("a request was made"));
    const webhook = createSlackWebhook({ fetch: unused, now: () => NOW, timeoutMs: 10 });
    expect(await webhook.post(url, MESSAGE)).toEqual({
      status: "webhook-refused",
      why: "what is stored as the webhook is not an https address",
    });
  });

  it("takes an address with a line break at its end, as editors write it", async () => {
    expect(await post(`${await answering(200, "ok")}\n`)).toEqual({ status: "sent" });
  });

  it("never tells the address, what the message says, or what else Slack answered", async () => {
    const echo = await slack((request, response, body) => response.writeHead(400).end(`${request.url} ${body}`));
    const quoting = () =>
      Promise.reject(new TypeError(`cannot fetch https://hooks.slack.com${SECRET}`, { cause: { code: SECRET } }));
    const outcomes = [
      await post(echo),
      await createSlackWebhook({ fetch: quoting, now: () => NOW, timeoutMs: 10 }).post(
        `https://hooks.slack.com${SECRET}`,
        MESSAGE,
      ),
    ];
    expect(outcomes).toEqual([
      { status: "message-refused", why: "Slack answered 400" },
      { status: "passing", why: "Slack could not be reached" },
    ]);
  });

  it("reads no more of an endless answer than the beginning", async () => {
    const url = await slack((_, response) => {
      const timer = setInterval(() => response.write("x".repeat(10_000)), 1);
      response.on("close", () => clearInterval(timer));
    });
    expect(await post(url)).toEqual({ status: "sent" });
  });
});
