import type { EventType, GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { foreign, type Html, html } from "../html.ts";
import type { Look, Tone } from "../standing.ts";
import { models as modelNames } from "../words.ts";

const TONES: Readonly<Partial<Record<EventType, Tone>>> = {
  "Limit Warned": "warn",
  "Access Denied": "over",
  "Would Deny": "would",
  "Plan Held": "warn",
  "Enforcement Failed": "over",
  "Attachment Contested": "over",
  "Limit Invalid": "warn",
  "Usage Unknown": "unknown",
  "Metering Drift": "unknown",
};

const MOST_EVENTS = 50;

/** What happened, newest first. */
export function events(look: Look): Html {
  const { events } = look.state;
  const heading = html`<h2 id="bg-events-name">Events</h2>`;
  if (events.length === 0) return html`${heading}<p class="none">Nothing has happened yet.</p>`;
  const more = events.length - MOST_EVENTS;
  return html`${heading}<ol class="feed" role="list">${events.slice(0, MOST_EVENTS).map((event) => item(event, look))}</ol>${
    more > 0 && html`<p class="none">${more} older not listed here.</p>`
  }`;
}

function item(event: GovernorEvent, { moments }: Look): Html {
  const { type, time, limit, principal, models, reason, ends } = event;
  return html`<li class="${TONES[type] ?? "calm"}"><p><b>${type}</b> ${moments.element(time)}</p> <p>${foreign(reason)}${
    ends !== undefined && html`; ${foreign(ends)}`
  }</p> <p class="scope">${principal !== undefined && html`<span>${foreign(principal)}</span> `}${
    models !== undefined && models.length > 0 && html`<span>${modelNames(models, 2)}</span> `
  }${limit !== undefined && html`<span>limit ${foreign(limit)}</span>`}</p></li>`;
}
