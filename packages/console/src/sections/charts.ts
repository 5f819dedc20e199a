import { amount, exactAmount } from "@bedrock-governor/core/words/amount";
import { lasts } from "@bedrock-governor/core/words/when";
import { amountFigure, type Moments } from "../figures.ts";
import { foreign, type Html, html, isolated, type Part } from "../html.ts";
import type { Look } from "../standing.ts";
import type { ChartState } from "../state.ts";
import { counted } from "../words.ts";
import { bucketsOf, plot } from "./chart-plot.ts";

const MOST_CHARTS = 8;

/** Usage over time, of those for whom it tells most. */
export function charts({ state, moments }: Look): Part {
  const { charts, now } = state;
  if (charts.length === 0) return undefined;
  const more = charts.length - MOST_CHARTS;
  return html`<h2 id="bg-charts-name">Usage over time</h2><div class="cards" id="bg-charts-cards">${charts
    .slice(0, MOST_CHARTS)
    .map((chart, index) => chartCard(chart, `bg-chart-${index}`, now, moments))}</div>${
    more > 0 && html`<p class="none">${counted(more, "more chart")} not shown.</p>`
  }`;
}

function chartCard(chart: ChartState, id: string, now: number, moments: Moments): Html {
  const { name, measure, series, bucketMs } = chart;
  const totals = series.map(({ amounts }) => amounts.reduce<number>((sum, n) => sum + (n ?? 0), 0));
  const total = totals.reduce((sum, n) => sum + n, 0);
  const refused = chart.refused.reduce((sum, n) => sum + n, 0);
  const calls = `${counted(refused, "call")} refused`;
  const deniedWords = chart.denied.map(
    ({ start, end, what }) =>
      html`; denied ${what.map((one, index) => html`${index > 0 && ", "}${isolated(one)}`)} from ${moments.text(start)}${
        end === undefined ? " on" : ` to ${moments.text(end)}`
      }`,
  );
  const each = `in each ${lasts(bucketMs)}`;
  const drawing = plot(chart, id, now, moments, {
    title: html`Usage of ${isolated(name)} ${each}`,
    description: html`${exactAmount(measure, total)} in all${deniedWords}; ${calls}. The values are in the table below.`,
  });
  const legend = series.map(
    (one, index) =>
      html`<li><svg class="swatch" width="12" height="12" aria-hidden="true"><g class="s${index}"><rect width="12" height="12" rx="2"/></g></svg> <code>${foreign(one.name)}</code> ${amountFigure(measure, totals[index] ?? 0)}</li>`,
  );
  return html`<article class="card chart" aria-labelledby="${id}-name"><header><h3 id="${id}-name">${foreign(name)}</h3></header><p class="terms"><b>${amountFigure(
    measure,
    total,
  )}</b> in all; a column is ${lasts(bucketMs)}${refused > 0 && html`; <b class="bad">${calls}</b>`}</p>${drawing}<ul class="legend" role="list">${legend}${
    refused > 0 &&
    html`<li><svg class="swatch" width="12" height="12" aria-hidden="true"><g class="refused"><rect x="1" width="4" height="12"/><rect x="7" width="4" height="7"/></g></svg> refused calls</li>`
  }${chart.denied.length > 0 && html`<li>${hatch("denied-back", "denied-hatch")} denied</li>`}${
    chart.forecast !== null && html`<li>${hatch("ahead")} forecast ${forecastFigure(chart)}</li>`
  }</ul>${values(chart, id, moments)}</article>`;
}

const hatch = (...classes: readonly string[]): Html =>
  html`<svg class="swatch" width="12" height="12" aria-hidden="true">${classes.map((one) => html`<rect class="${one}" width="12" height="12"/>`)}</svg>`;

const forecastFigure = ({ forecast, measure }: ChartState): Part =>
  forecast === null ? undefined : `${amount(measure, Number(forecast.perHour.toPrecision(3)))} an hour`;

/** What the chart shows, for those who do not see it or want it to the last digit. */
function values(chart: ChartState, id: string, moments: Moments): Html {
  const { name, series, refused, measure } = chart;
  const buckets = bucketsOf(chart);
  const rows = Array.from({ length: buckets.count }, (_, index) => index).filter(
    (index) =>
      (refused[index] ?? 0) > 0 || series.some(({ amounts }) => amounts[index] !== 0 && amounts[index] !== undefined),
  );
  return html`<details id="${id}-values"><summary>Values</summary><div class="scroll" role="region" aria-labelledby="${id}-name" tabindex="0"><table class="numbers"><caption class="vh">Usage of ${foreign(name)}</caption><thead><tr><th scope="col">From</th>${series.map(
    (one) => html`<th scope="col">${foreign(one.name)}</th>`,
  )}<th scope="col">Refused</th></tr></thead><tbody>${rows.map(
    (index) =>
      html`<tr><th scope="row">${moments.text(buckets.startOf(index))}${buckets.deniedAt(index) && html` <i>denied</i>`}</th>${series.map(
        ({ amounts }) => html`<td>${cell(amounts[index], measure)}</td>`,
      )}<td>${refused[index] ?? 0}</td></tr>`,
  )}</tbody></table></div></details>`;
}

function cell(n: number | null | undefined, measure: ChartState["measure"]): string {
  if (n === null) return "unknown";
  return n === undefined ? "" : exactAmount(measure, n);
}
