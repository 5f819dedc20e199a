import { isBudget } from "@bedrock-governor/core/limit/limit";
import { button, drawForm, formOf, textField } from "../form-parts.ts";
import { foreign, html, type Part } from "../html.ts";
import type { Look } from "../standing.ts";
import type { LimitState } from "../state.ts";

/** What an operator can do about one limit, folded away until it is wanted or was refused. */
export function limitForms({ limit, threshold }: LimitState, id: string, { state: { forms } }: Look): Part {
  if (forms === undefined) return undefined;
  const at = { name: limit.name, id };
  const lift = formOf(forms, "lift", at);
  const set = formOf(forms, "threshold", at);
  const isAnswered = set.answer !== undefined || lift.answer !== undefined;
  const { bounds } = limit;
  // A budget's amount is changed in AWS Budgets.
  const canSet = !isBudget(limit.source);
  return html`<details class="act" id="${id}-act"${isAnswered && html` open`}><summary>${canSet ? "Set threshold or lift" : "Lift"}<span class="vh">: ${foreign(limit.name)}</span></summary>${
    canSet &&
    drawForm(
      set,
      textField(set, {
        name: "threshold",
        label: limit.measure === "usd" ? "Threshold in dollars" : "Threshold",
        value: threshold === undefined ? "" : String(threshold),
        decimal: true,
        hint: bounds && `From ${bounds.min} to ${bounds.max}.`,
      }),
      button("Set threshold"),
    )
  }${drawForm(
    lift,
    html`${
      limit.per.principal &&
      textField(lift, {
        name: "principal",
        label: "Principal",
        hint: "Empty: everyone.",
        optional: true,
        list: "bg-principals",
      })
    }${textField(lift, { name: "reason", label: "Why it is lifted", hint: "Usage so far no longer counts in this period." })}`,
    button("Lift"),
  )}</details>`;
}
