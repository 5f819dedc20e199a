import { amount } from "@bedrock-governor/core/words/amount";
import { billedAsOf } from "@bedrock-governor/core/words/money";
import { amountFigure, percent, usageFigure } from "../figures.ts";
import { foreign, type Html, html, isolated, markup, type Part } from "../html.ts";
import { limitId } from "../ids.ts";
import { scaleOf } from "../scale.ts";
import { keyStanding, type Look } from "../standing.ts";
import type { KeyState, LimitState } from "../state.ts";
import { counted, limitWords, models, principals, sourceWords, stepWords } from "../words.ts";
import { axis, bar, forecastWords } from "./bar.ts";
import { limitForms } from "./limit-forms.ts";

/** So many keys have a bar; the others are a line of a table each. */
const MOST_BARS = 5;
/** In bytes, for the keys of all limits together: names may be long, and the page stays under 1 MB. */
const ROOM = 560_000;

export function limitCard(limit: LimitState, look: Look): Html {
  const { limit: rule, keys, unseen } = limit;
  const id = limitId(rule.name);
  const shown = keys.slice(0, MOST_BARS);
  const scale = scaleOf(limit, shown);
  const bars = html`${shown.map((key) => keyRow(limit, key, scale, look))}`;
  const others = otherKeys(limit, id, look, ROOM / look.state.limits.length - bytesOf(bars));
  return html`<article class="card ${look.tones.get(limit) ?? "calm"}" id="${id}" aria-labelledby="${id}-name"><header><h3 id="${id}-name">${foreign(
    rule.name,
  )}</h3>${rule.mode === "observe" && html`<span class="badge would">only observed</span>`}</header>${
    rule.description !== undefined && html`<p class="about">${foreign(rule.description)}</p>`
  }<p class="terms">${limitWords(rule, limit.threshold)}${resetWords(limit, look)}</p>${
    shown.length === 0
      ? html`<p class="none">No usage in this period.</p>`
      : html`<ul class="keys" role="list">${bars}</ul>${axis(limit, scale)}`
  }${others}<ul class="steps" aria-label="Steps" role="list">${rule.steps.map(
    (step) => html`<li class="${step.deny === undefined ? "tell" : "deny"}">${stepWords(step, rule)}</li>`,
  )}</ul><p class="scope">Counts ${models(rule.models)} by ${principals(rule.principals)}${
    rule.exceptPrincipals.length > 0 && html` but ${principals(rule.exceptPrincipals)}`
  }; ${sourceWords(rule)}${
    limit.asOf !== undefined && html`, ${billedAsOf(limit.asOf, look.state.now)}`
  }${rule.owner !== undefined && html`; ask ${foreign(rule.owner)}`}.</p>${
    unseen !== undefined && html`<p class="scope">Not seen: ${foreign(unseen)}.</p>`
  }${limitForms(limit, id, look)}</article>`;
}

function resetWords({ limit: { period, reset }, span }: LimitState, { moments }: Look): Part {
  if (reset === "manual") return "; holds until an operator resets it";
  if (span === undefined || period.kind === "rolling") return undefined;
  const zone = period.kind === "calendar" ? period.timeZone : "UTC";
  return `; resets at ${moments.text(span.end, zone)} ${zone}`;
}

function keyRow(limit: LimitState, key: KeyState, scale: ReturnType<typeof scaleOf>, look: Look): Html {
  const { tone, badge } = keyStanding(limit, key, look.denied);
  return html`<li><span class="who" title="${keyTitle(key)}">${keyName(key)}</span><span class="where">${
    badge !== undefined && html`<span class="badge ${tone}">${badge}</span> `
  }${share(key)}</span><span class="say"><span>${used(limit, key)}</span> <span>${forecastWords(
    limit,
    key,
    look.state.now,
    look.moments,
  )}</span></span>${bar(limit, key, scale, tone)}</li>`;
}

function share({ usage, threshold }: KeyState): Part {
  return usage.status === "known" && threshold !== undefined && html`<b>${percent(usage.amount, threshold)}</b>`;
}

function used({ limit: { measure } }: LimitState, { usage, threshold }: KeyState): Part {
  if (usage.status === "unknown") return foreign(usage.why);
  if (threshold === undefined) return "the threshold could not be read";
  return usageFigure(measure, usage.amount, threshold);
}

function keyName({ key: { principal, model } }: KeyState): Part {
  if (principal === undefined) return model === undefined ? "everyone together" : foreign(model);
  return model === undefined ? foreign(principal) : html`${foreign(principal)} on ${foreign(model)}`;
}

const keyTitle = ({ key: { principal, model } }: KeyState): Part => [
  principal !== undefined && isolated(principal),
  principal !== undefined && model !== undefined && " on ",
  model !== undefined && isolated(model),
];

/** The others, as many as there is room for. */
function otherKeys(limit: LimitState, id: string, look: Look, room: number): Part {
  const others = limit.keys.slice(MOST_BARS);
  const rows = withinRoom(others, (key) => otherKey(limit, key, look), room);
  const unlisted = limit.keyCount - Math.min(limit.keys.length, MOST_BARS) - rows.length;
  const note = unlisted > 0 && html`<p class="none">${counted(unlisted, "more key")} not listed here.</p>`;
  const [highest] = others;
  if (highest === undefined || rows.length === 0) return note;
  const used = limit.threshold === undefined ? "Used" : `Used of ${amount(limit.limit.measure, limit.threshold)}`;
  return html`<details id="${id}-others"><summary>${rows.length} more${highestShare(highest)}</summary><table class="numbers"><caption class="vh">Further usage under ${foreign(limit.limit.name)}</caption><thead><tr><th scope="col">Who</th><th scope="col">${used}</th><th scope="col">Share</th></tr></thead><tbody>${rows}</tbody></table></details>${note}`;
}

function withinRoom(keys: readonly KeyState[], draw: (key: KeyState) => Html, room: number): readonly Html[] {
  const rows: Html[] = [];
  let left = room;
  for (const key of keys) {
    const row = draw(key);
    left -= bytesOf(row);
    if (left < 0) break;
    rows.push(row);
  }
  return rows;
}

const bytesOf = (made: Html): number => Buffer.byteLength(markup(made));

const highestShare = ({ usage, threshold }: KeyState): string =>
  usage.status === "known" && threshold !== undefined ? `, the highest at ${percent(usage.amount, threshold)}` : "";

function otherKey(limit: LimitState, key: KeyState, look: Look): Html {
  const { usage, threshold } = key;
  const name = keyName(key);
  if (usage.status === "unknown" || threshold === undefined) {
    return html`<tr><th scope="row">${name}</th><td>unknown</td><td></td></tr>`;
  }
  const { measure } = limit.limit;
  const { badge } = keyStanding(limit, key, look.denied);
  // An override has a threshold of its own.
  const used =
    threshold === limit.threshold ? amountFigure(measure, usage.amount) : usageFigure(measure, usage.amount, threshold);
  return html`<tr><th scope="row">${name}</th><td>${used}</td><td>${percent(usage.amount, threshold)}${
    badge !== undefined && html` <i>${badge}</i>`
  }</td></tr>`;
}
