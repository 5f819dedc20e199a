import type { IncomingMessage } from "node:http";

/**
 * Says whether a request comes from the page itself.
 *
 * The name it was sent to is checked too: another site can let its own name point to this machine
 * (DNS rebinding), and its pages would then be of the same origin to the browser.
 */
export function isSameOrigin(request: Pick<IncomingMessage, "headers">, port: number): boolean {
  const { host, origin } = request.headers;
  const names = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (host === undefined || !names.includes(host)) return false;
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  return origin === undefined || origin === `http://${host}`;
}
