import type { Money } from "@bedrock-governor/core/reconcile/money";
import type { Difference, WorkedOut } from "@bedrock-governor/core/usage/side-by-side";
import { adviceWords, billedAsOf, differenceWords } from "@bedrock-governor/core/words/money";
import { amountFigure } from "../figures.ts";
import { foreign, type Html, html, type Part } from "../html.ts";
import type { Look } from "../standing.ts";

/** What the log, CloudWatch and the bill say that each budget's models cost. Empty where no limit is on a budget. */
export function money({ state }: Look): Part {
  if (state.money.length === 0) return undefined;
  return html`<h2 id="bg-money-name">Money side by side</h2><p class="about">What was used of each budget’s models, at the prices in force, and what is billed of it. The bill comes hours late: a difference that its lag can explain is none.</p><table class="money"><caption class="vh">Estimate, metered and billed</caption><thead><tr><th scope="col">Limit</th><th scope="col">Estimate, by the invocation log</th><th scope="col">Metered, by CloudWatch</th><th scope="col">Billed</th></tr></thead><tbody>${state.money.map(
    (one) =>
      html`<tr><th scope="row">${foreign(one.limit)}</th><td>${worked(one.estimate, one.estimateDifference)}</td><td>${worked(
        one.metered,
        one.meteredDifference,
      )}</td><td>${billed(one, state.now)}</td></tr>`,
  )}</tbody></table>${state.money.map(advice)}`;
}

function worked(of: WorkedOut, difference: Difference | undefined): Html {
  if (of.status === "unknown") return html`unknown <small>${foreign(of.why)}</small>`;
  return html`${amountFigure("usd", of.all)}${
    difference !== undefined && html` <small>billed ${differenceWords(difference)}</small>`
  }${of.unseen !== undefined && html` <small>without ${foreign(of.unseen)}</small>`}`;
}

function billed({ billed, asOf }: Money, now: number): Html {
  if (billed.status === "unknown") return html`unknown <small>${foreign(billed.why)}</small>`;
  return html`${amountFigure("usd", billed.amount)}${asOf !== undefined && html` <small>${billedAsOf(asOf, now)}</small>`}`;
}

function advice(one: Money): Part {
  const words = adviceWords(one);
  return words !== undefined && html`<p><b>${foreign(one.limit)}</b> ${foreign(words)}.</p>`;
}
