import { button, choiceField, drawForm, formOf, textField } from "../form-parts.ts";
import { LASTS } from "../forms.ts";
import { type Html, html, type Part } from "../html.ts";
import type { Look } from "../standing.ts";
import type { ConsoleState } from "../state.ts";

/** What an operator can do whatever the limits say: exempt someone from them, or deny someone. */
export function byHand({ state }: Look): Part {
  const { forms } = state;
  if (forms === undefined) return undefined;
  const exempt = formOf(forms, "exempt");
  const deny = formOf(forms, "deny");
  const limits: readonly (readonly [string, string])[] = [
    ["", "all limits"],
    ...state.limits.map(({ limit }) => [limit.name, limit.name] as const),
  ];
  return html`<h2 id="bg-by-hand-name">By hand</h2>${act(
    "exempt",
    "Exempt someone from limits",
    exempt.answer !== undefined,
    drawForm(
      exempt,
      [
        textField(exempt, {
          name: "principal",
          label: "Principal",
          hint: "As in role/batch or role/team/*.",
          list: "bg-principals",
        }),
        choiceField(exempt, { name: "limit", label: "From", optional: true }, limits),
        choiceField(exempt, { name: "lasts", label: "For" }, LASTS),
        textField(exempt, { name: "reason", label: "Why", hint: "Usage goes on counting." }),
      ],
      button("Exempt"),
    ),
  )}${act(
    "deny",
    "Deny someone models",
    deny.answer !== undefined,
    drawForm(
      deny,
      [
        textField(deny, {
          name: "principal",
          label: "Principal",
          hint: "As in role/batch or role/team/*.",
          list: "bg-principals",
        }),
        textField(deny, {
          name: "models",
          label: "Models",
          hint: "Ids and patterns, as in anthropic.claude-opus-*.",
          list: "bg-models",
        }),
        choiceField(deny, { name: "lasts", label: "For" }, LASTS),
        textField(deny, { name: "reason", label: "Why", hint: "No reset and no exemption ends it." }),
      ],
      button("Deny"),
    ),
  )}${suggestions(state)}`;
}

const act = (name: string, words: string, open: boolean, form: Html): Html =>
  html`<details class="act" id="bg-form-${name}-act"${open && html` open`}><summary>${words}</summary>${form}</details>`;

const MOST_SUGGESTIONS = 200;

function suggestions({ limits, denied }: ConsoleState): Html {
  const principals = new Set(denied.map(({ principal }) => principal));
  const models = new Set<string>();
  for (const { limit, keys } of limits) {
    for (const model of limit.models) models.add(model);
    for (const { key } of keys) {
      if (key.principal !== undefined) principals.add(key.principal);
      if (key.model !== undefined) models.add(key.model);
    }
  }
  const list = (id: string, names: ReadonlySet<string>) =>
    html`<datalist id="${id}">${[...names].slice(0, MOST_SUGGESTIONS).map((name) => html`<option value="${name}"></option>`)}</datalist>`;
  return html`${list("bg-principals", principals)}${list("bg-models", models)}`;
}
