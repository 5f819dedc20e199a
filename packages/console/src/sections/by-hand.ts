import { button, choiceField, drawForm, formOf, textField } from "../form-parts.ts";
import { FORMS, LASTS } from "../forms.ts";
import { foreign, type Html, html, type Part } from "../html.ts";
import { idOf } from "../ids.ts";
import type { Look } from "../standing.ts";
import type { ConsoleState } from "../state.ts";

/** What an operator can do whatever the limits say: exempt someone from them, or deny someone. */
export function byHand({ state, moments }: Look): Part {
  const { forms } = state;
  if (forms === undefined) return undefined;
  const exempt = formOf(forms, "exempt");
  const deny = formOf(forms, "deny");
  const limits: readonly (readonly [string, string])[] = [
    ["", "all limits"],
    ...state.limits.map(({ limit }) => [limit.name, limit.name] as const),
  ];
  return html`<h2 id="bg-by-hand-name">By hand</h2>${inForce(state, moments)}${act(
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

/** What people set and can end. */
function inForce({ byHand, forms }: ConsoleState, moments: Look["moments"]): Part {
  if (byHand.length === 0 || forms === undefined) return undefined;
  const items = byHand.map(({ parameter, principals, what, until, reason }) => {
    const id = idOf("bg-by-hand", parameter);
    const ends = until === undefined ? "until it is ended" : html`until ${moments.whole(until)}`;
    return html`<li id="${id}"><p><b>${foreign(principals.join(", "))}</b> ${foreign(what)} ${ends}: ${foreign(
      reason,
    )}</p><form id="${id}-end" method="post" action="${FORMS.end.action}"><input type="hidden" name="token" value="${forms.token}"><input type="hidden" name="parameter" value="${parameter}"><p class="answer" id="${id}-answer" role="status"></p><button type="submit">End now<span class="vh">: ${parameter}</span></button></form></li>`;
  });
  return html`<ul class="in-force" id="bg-by-hand-list" role="list">${items}</ul>`;
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
