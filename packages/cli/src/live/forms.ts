import { type FormName, LASTS } from "@bedrock-governor/console/forms";
import type { FormAnswer } from "@bedrock-governor/console/state";
import { describeProblem } from "@bedrock-governor/core/limit/describe-problem";
import type { Checked } from "@bedrock-governor/core/limit/problem";
import { readExemption } from "@bedrock-governor/core/limit/read-exemption";
import { readLimit } from "@bedrock-governor/core/limit/read-limit";
import { readManualDeny } from "@bedrock-governor/core/limit/read-manual-deny";
import { readThreshold } from "@bedrock-governor/core/limit/read-number";
import { readReset } from "@bedrock-governor/core/limit/read-reset";
import { readMode, readPlanApproved } from "@bedrock-governor/core/limit/read-word";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Parameters } from "@bedrock-governor/simulator/account/parameters";

type Outcome = FormAnswer["outcome"];
type Values = Readonly<Record<string, string>>;

const WHO = "you, on the page";

/** Writes what a form asks for as the parameter an operator would write, if it is valid. */
export function submitSetting(
  form: Exclude<FormName, "clock">,
  values: Values,
  parameters: Parameters,
  now: EpochMs,
  named: (selector: string) => number,
): Outcome {
  const outcome = submitOne(form, values, parameters, now);
  const selector = values.principal?.trim();
  if (!("done" in outcome) || selector === undefined || selector === "") return outcome;
  const many = named(selector);
  const whom =
    many === 0 ? "Nobody here has that name" : many === 1 ? "It names one principal" : `It names ${many} principals`;
  return { done: `${outcome.done} ${whom}.` };
}

function submitOne(form: Exclude<FormName, "clock">, values: Values, parameters: Parameters, now: EpochMs): Outcome {
  switch (form) {
    case "threshold":
      return threshold(values, parameters);
    case "mode":
      return write("mode", values.mode ?? "", readMode, `Mode is ${values.mode} now.`, parameters);
    case "lift":
      return lift(values, parameters, now);
    case "exempt":
      return exempt(values, parameters, now);
    case "deny":
      return deny(values, parameters, now);
    case "end":
      return end(values, parameters);
    case "approve":
      if (values.looked !== "yes")
        return { refused: "Tick that you have looked at whom the plan denies.", field: "looked" };
      return write("plan-approved", values.plan ?? "", readPlanApproved, "The plan goes ahead.", parameters);
  }
}

function write<T>(
  name: string,
  text: string,
  read: (text: string) => Checked<T>,
  done: string,
  parameters: Parameters,
  fields: Readonly<Record<string, string>> = {},
): Outcome {
  const checked = read(text);
  if (checked.ok) {
    parameters.put(name, text, WHO);
    return { done };
  }
  const [problem] = checked.problems;
  if (problem === undefined) return { refused: `${name} is not valid.` };
  const field = fields[problem.path.split(/[[.]/)[0] ?? ""];
  return { refused: describeProblem(problem, name), ...(field !== undefined && { field }) };
}

/** A limit with bounds has a parameter for this of its own; any other is written anew as a whole. */
function threshold({ limit: name = "", threshold: text = "" }: Values, parameters: Parameters): Outcome {
  const limit = parameters.settings().limits.find((one) => one.name === name);
  if (limit === undefined) return { refused: `There is no limit ${name} any more; load the page again.` };
  const done = `The threshold is ${text.trim()} now.`;
  if (limit.bounds !== undefined) {
    const parameter = `limits/${name}/threshold`;
    return write(parameter, text.trim(), (value) => readThreshold(limit, value), done, parameters, { "": "threshold" });
  }
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) {
    return { refused: "The threshold must be a number above 0; write digits, as in 120.", field: "threshold" };
  }
  const written = JSON.parse(parameters.history(`limits/${name}`).at(-1)?.value ?? "{}") as object;
  const changed = JSON.stringify({ ...written, threshold: number }, null, 2);
  return write(`limits/${name}`, changed, (value) => readLimit(name, value), done, parameters, {
    threshold: "threshold",
  });
}

function lift({ limit = "", principal = "", reason = "" }: Values, parameters: Parameters, now: EpochMs): Outcome {
  const keys = principal.trim() === "" ? {} : { keys: [{ principal: principal.trim() }] };
  const value = JSON.stringify({ limit, at: new Date(now).toISOString(), ...keys, reason });
  const name = nextName("resets", parameters);
  const whom = principal.trim() === "" ? "everything it counts" : principal.trim();
  const done = `Limit ${limit} starts again from here for ${whom}.`;
  return write(`resets/${name}`, value, (text) => readReset(name, text), done, parameters, {
    keys: "principal",
    reason: "reason",
    limit: "limit",
  });
}

function exempt(
  { principal = "", limit = "", lasts = "", reason = "" }: Values,
  parameters: Parameters,
  now: EpochMs,
): Outcome {
  const until = endOf(lasts, now);
  if (until === undefined) return { refused: "Choose how long it lasts.", field: "lasts" };
  const limits = limit === "" ? {} : { limits: [limit] };
  const value = JSON.stringify({ principals: [principal.trim()], ...limits, until, reason });
  const name = nextName("exemptions", parameters);
  const done = `${principal.trim()} is exempt from ${limit === "" ? "every limit" : limit}.`;
  return write(`exemptions/${name}`, value, (text) => readExemption(name, text), done, parameters, FIELDS);
}

function deny(
  { principal = "", models = "", lasts = "", reason = "" }: Values,
  parameters: Parameters,
  now: EpochMs,
): Outcome {
  const until = endOf(lasts, now);
  if (until === undefined) return { refused: "Choose how long it lasts.", field: "lasts" };
  const named = models.split(/[\s,]+/).filter((model) => model !== "");
  const value = JSON.stringify({ principals: [principal.trim()], models: named, until, reason });
  const name = nextName("denies", parameters);
  const done = `${principal.trim()} is denied ${named.join(", ")}.`;
  return write(`denies/${name}`, value, (text) => readManualDeny(name, text), done, parameters, FIELDS);
}

function end({ parameter = "" }: Values, parameters: Parameters): Outcome {
  if (!/^(?:denies|exemptions)\//.test(parameter) || !parameters.names.includes(parameter)) {
    return { refused: `There is no ${parameter === "" ? "such parameter" : parameter} any more; load the page again.` };
  }
  parameters.remove(parameter);
  return { done: `${parameter} is ended.` };
}

const FIELDS = { principals: "principal", models: "models", limits: "limit", until: "lasts", reason: "reason" };

const HOUR_MS = 3_600_000;

/** The moment at which a duration such as PT4H is over; undefined if it is none that the form offers. */
function endOf(lasts: string, now: EpochMs): string | undefined {
  if (!LASTS.some(([duration]) => duration === lasts)) return undefined;
  const hours = Number(/^PT(\d+)H$/.exec(lasts)?.[1]);
  return new Date(now + hours * HOUR_MS).toISOString();
}

/** `page-1`, `page-2`, …: the first that is free. */
function nextName(folder: string, { names }: Parameters): string {
  for (let number = 1; ; number++) {
    if (!names.includes(`${folder}/page-${number}`)) return `page-${number}`;
  }
}
