import { FORMS, type FormName } from "./forms.ts";
import { type Html, html, type Part } from "./html.ts";
import type { FormAnswer, FormsState } from "./state.ts";

/** One form as it is being drawn: its answer, if it is the one that was sent, and the ids of its parts. */
export interface Form {
  readonly id: string;
  readonly name: FormName;
  readonly token: string;
  readonly answer: FormAnswer | undefined;
  readonly limit: string | undefined;
}

export function formOf(
  forms: FormsState,
  name: FormName,
  limit?: { readonly name: string; readonly id: string },
): Form {
  const answer = forms.answers.find((one) => one.form === name && one.limit === limit?.name);
  return { id: `${limit?.id ?? "bg-form"}-${name}`, name, token: forms.token, answer, limit: limit?.name };
}

const refusalOf = (form: Form) =>
  form.answer !== undefined && "refused" in form.answer.outcome ? form.answer.outcome : undefined;

export const wasRefused = (form: Form): boolean => refusalOf(form) !== undefined;

/** The form around its fields. What came of it is said before its button, and read out when it appears. */
export function drawForm(form: Form, fields: Part, button: Part): Html {
  return html`<form id="${form.id}" method="post" action="${FORMS[form.name].action}" autocomplete="off"><input type="hidden" name="token" value="${form.token}">${
    form.limit !== undefined && html`<input type="hidden" name="limit" value="${form.limit}">`
  }${fields}<p class="answer" id="${form.id}-answer" role="status">${answerOf(form)}</p>${button}</form>`;
}

function answerOf({ answer }: Form): Part {
  if (answer === undefined) return undefined;
  return "refused" in answer.outcome
    ? html`<b class="bad">Refused.</b> <bdi>${answer.outcome.refused}</bdi>`
    : html`<b class="good">Done.</b> <bdi>${answer.outcome.done}</bdi>`;
}

interface Field {
  readonly name: string;
  readonly label: string;
  /** Said under the label. */
  readonly hint?: Part;
  /** What stands in it at first. */
  readonly value?: string;
  readonly optional?: true;
}

/** A field with its label, filled again with what was refused. */
export function textField(form: Form, field: Field & { readonly decimal?: true; readonly list?: string }): Html {
  const value = refusalOf(form) === undefined ? field.value : (form.answer?.values[field.name] ?? field.value);
  return html`<div class="field">${labelOf(form, field)}<input type="text" ${attributesOf(form, field)} value="${value ?? ""}"${
    field.decimal && html` inputmode="decimal"`
  }${field.list !== undefined && html` list="${field.list}"`} maxlength="1000" autocomplete="off" spellcheck="false"></div>`;
}

export function choiceField(
  form: Form,
  field: Field,
  choices: readonly (readonly [value: string, words: string])[],
): Html {
  const chosen = refusalOf(form) === undefined ? field.value : (form.answer?.values[field.name] ?? field.value);
  return html`<div class="field">${labelOf(form, field)}<select ${attributesOf(form, field)} autocomplete="off">${choices.map(
    ([value, words]) => html`<option value="${value}"${value === chosen && html` selected`}>${words}</option>`,
  )}</select></div>`;
}

const labelOf = (form: Form, { name, label, hint }: Field): Html =>
  html`<label for="${form.id}-${name}">${label}</label>${
    hint !== undefined && html`<p class="hint" id="${form.id}-${name}-hint">${hint}</p>`
  }`;

function attributesOf(form: Form, { name, hint, optional }: Field): Html {
  const refusal = refusalOf(form);
  const wrong = refusal !== undefined && refusal.field === name;
  const hintId = hint !== undefined && html`${form.id}-${name}-hint `;
  return html`id="${form.id}-${name}" name="${name}"${optional !== true && html` required`}${
    wrong && html` aria-invalid="true"`
  } aria-describedby="${hintId}${form.id}-answer"`;
}

export const button = (words: Part): Html => html`<button type="submit">${words}</button>`;
