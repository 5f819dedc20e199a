import { foreign, html, type Part } from "../html.ts";
import type { Look } from "../standing.ts";

/** The newest event alone, in a live region: what is read out when it happens. */
export function news({ state: { events } }: Look): Part {
  const [newest] = events;
  return newest && html`<p>${newest.type}: ${foreign(newest.reason)}</p>`;
}
