import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { FORMS, type FormName } from "./forms.ts";
import type { ConsoleHost } from "./host.ts";
import { LIVE_SCRIPT } from "./live-script.ts";
import { contentSecurityPolicy, page } from "./page.ts";
import { isSameOrigin } from "./same-origin.ts";
import { createSessions, type Session, sessionCookie } from "./sessions.ts";
import type { ConsoleState } from "./state.ts";
import { changedSections, type Sections, sections } from "./view.ts";

export interface ServerOptions {
  /** 0 takes any that is free. */
  readonly port: number;
  /** Milliseconds from one update of an open page to the next. */
  readonly refreshMs?: number;
}

export interface ConsoleServer {
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";
const MOST_BYTES = 16 * 1024;

/**
 * Shows a host's state on a page that this machine alone can open, and lets its forms change it.
 *
 * @throws if the port is taken (`EADDRINUSE`).
 */
export async function serveConsole(host: ConsoleHost, options: ServerOptions): Promise<ConsoleServer> {
  const portOf = () => (server.address() as AddressInfo).port;
  const sessions = createSessions(portOf);
  const streams = new Set<ServerResponse>();
  const stateFor = async (session: Session): Promise<ConsoleState> => ({
    ...(await host.state()),
    forms: session.forms(),
  });

  async function answerGet(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = sessions.of(request);
    if (path === "/") return sendPage(response, session, await stateFor(session), portOf());
    if (path === "/live") return stream(response, session);
    return refuse(response, 404, "There is nothing here; the page is at /.");
  }

  async function answerPost(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = sessions.of(request);
    const form = formAt(path);
    if (form === undefined) return refuse(response, 404, "There is no such form; the page is at /.");
    const values = await readForm(request);
    if (values === undefined) return refuse(response, 413, "The form is too large; write less.");
    if (!session.hasToken(values.token))
      return refuse(response, 403, "The form is from an old page; load the page again.");
    const before = sections(await stateFor(session));
    const answer = await host.submit(form, values);
    session.answer(answer);
    const state = await stateFor(session);
    if (request.headers.accept === "application/json") {
      return send(response, 200, "application/json", JSON.stringify(changedSections(before, sections(state))));
    }
    if ("refused" in answer.outcome) return sendPage(response, session, state, portOf());
    response.writeHead(303, { location: "/" }).end();
  }

  function stream(response: ServerResponse, session: Session): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    streams.add(response);
    let shown: Sections | undefined;
    let waiting: NodeJS.Timeout | undefined;
    response.write(`event: token\ndata: ${session.forms().token}\n\n`);
    const closed = new Promise<void>((resolve) => response.once("close", resolve));
    const update = async () => {
      const now = sections(await stateFor(session));
      const changed = changedSections(shown, now);
      shown = now;
      // A page that does not keep up gets its next update when it has read the last.
      const kept = Object.keys(changed).length === 0 || response.write(`data: ${JSON.stringify(changed)}\n\n`);
      if (!kept) await Promise.race([closed, new Promise<void>((resolve) => response.once("drain", resolve))]);
      if (streams.has(response)) waiting = setTimeout(run, options.refreshMs ?? 400);
    };
    const run = () => update().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
    response.on("close", () => {
      streams.delete(response);
      clearTimeout(waiting);
    });
    void run();
  }

  const server = createServer(async (request, response) => {
    const port = portOf();
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    try {
      if (!isSameOrigin(request, port)) refuse(response, 403, "Only this machine's own page may ask.");
      else if (request.method === "GET") await answerGet(path, request, response);
      else if (request.method === "POST") await answerPost(path, request, response);
      else refuse(response, 405, "Only GET and POST are answered.");
    } catch (error) {
      if (response.headersSent) response.destroy();
      else
        refuse(
          response,
          500,
          `This is a defect of governor: ${error instanceof Error ? error.message : String(error)}.`,
        );
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port, LOOPBACK, resolve);
  });
  return {
    url: `http://${LOOPBACK}:${portOf()}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const response of streams) response.end();
        server.closeAllConnections();
      }),
  };
}

function sendPage(response: ServerResponse, session: Session, state: ConsoleState, port: number): void {
  const nonce = randomBytes(16).toString("base64");
  response.setHeader("content-security-policy", contentSecurityPolicy(nonce));
  response.setHeader("set-cookie", sessionCookie(session, port));
  send(response, 200, "text/html; charset=utf-8", page(state, { script: LIVE_SCRIPT, nonce }));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response
    .writeHead(status, { "content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff" })
    .end(body);
}

const refuse = (response: ServerResponse, status: number, sentence: string): void =>
  send(response, status, "text/plain; charset=utf-8", `${sentence}\n`);

function formAt(path: string): FormName | undefined {
  const found = Object.entries(FORMS).find(([, { action }]) => action === path);
  return found?.[0] as FormName | undefined;
}

/** The fields of a form; undefined if there is more than any form has. */
async function readForm(request: IncomingMessage): Promise<Readonly<Record<string, string>> | undefined> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > MOST_BYTES) return undefined;
  }
  return Object.fromEntries(new URLSearchParams(body));
}
