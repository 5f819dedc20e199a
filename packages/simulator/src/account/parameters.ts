import type { Limit, Mode } from "@bedrock-governor/core/limit/limit";
import type { Checked } from "@bedrock-governor/core/limit/problem";
import { readExemption } from "@bedrock-governor/core/limit/read-exemption";
import { readLimit } from "@bedrock-governor/core/limit/read-limit";
import { readManualDeny } from "@bedrock-governor/core/limit/read-manual-deny";
import { readMaxNewDenies, readThreshold } from "@bedrock-governor/core/limit/read-number";
import { readPriceRule } from "@bedrock-governor/core/limit/read-price-rule";
import { readReset } from "@bedrock-governor/core/limit/read-reset";
import { readMode, readPlanApproved } from "@bedrock-governor/core/limit/read-word";
import {
  type Authorship,
  DEFAULT_MAX_NEW_DENIES,
  type Settings,
  type SettingsProblem,
} from "@bedrock-governor/core/limit/settings";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { SettingsPort } from "@bedrock-governor/core/reconcile/ports";

/** One version of a parameter's value. */
export interface ParameterVersion {
  readonly version: number;
  readonly value: string;
  readonly by: string;
  readonly at: EpochMs;
}

/** SSM parameters, named without the stage's prefix: `mode`, `limits/opus-daily`, … */
export interface Parameters {
  readonly port: SettingsPort;
  /** Writes a new version, valid or not. */
  put(name: string, value: string, by?: string): void;
  /** Removes a parameter with its history. */
  remove(name: string): void;
  /** Oldest first; empty when there is no such parameter. */
  history(name: string): readonly ParameterVersion[];
  readonly names: readonly string[];
  /** What is in force; the same object as before if nothing changed. */
  settings(): Settings;
  onChange(listener: (name: string) => void): void;
}

const DEFAULT_MODE: Mode = "observe";
const SECRET = "notify/slack-webhook";

export function createParameters(now: () => EpochMs): Parameters {
  const histories = new Map<string, ParameterVersion[]>();
  const listeners: ((name: string) => void)[] = [];
  const names = () => [...histories.keys()].sort();
  // The governor's table keeps the last valid mode: a parameter that is removed loses its history.
  let lastMode = DEFAULT_MODE;
  let settings: Settings | undefined;

  const changed = (name: string) => {
    settings = undefined;
    for (const listener of listeners) listener(name);
  };
  const inForce = () => {
    settings ??= assemble(
      names().map((name) => ({ name, history: histories.get(name) ?? [] })),
      lastMode,
    );
    lastMode = settings.mode;
    return settings;
  };

  return {
    port: { read: async () => inForce() },
    settings: inForce,
    put(name, value, by = "operator") {
      const history = histories.get(name) ?? [];
      histories.set(name, [...history, { version: history.length + 1, value, by, at: now() }]);
      changed(name);
    },
    remove(name) {
      // What was valid until now is remembered, even if nobody has read it.
      inForce();
      if (histories.delete(name)) changed(name);
    },
    history: (name) => histories.get(name) ?? [],
    get names() {
      return names();
    },
    onChange: (listener) => listeners.push(listener),
  };
}

interface Parameter {
  readonly name: string;
  readonly history: readonly ParameterVersion[];
}

/** Settings from what operators wrote. Of each parameter the last valid version is in force. */
function assemble(parameters: readonly Parameter[], lastMode: Mode): Settings {
  const problems: SettingsProblem[] = [];
  const authorship: Authorship[] = [];

  function inForce<T>(
    { name, history }: Parameter,
    read: (text: string) => Checked<T>,
    otherwise: string,
  ): T | undefined {
    let newest: Checked<T> | undefined;
    for (const one of history.toReversed()) {
      const checked = read(one.value);
      newest ??= checked;
      if (!checked.ok) continue;
      if (!newest.ok) problems.push(problem(name, history, newest, `version ${one.version} stays in force`));
      authorship.push({ parameter: name, ...one, value: name === SECRET ? "" : one.value });
      return checked.value;
    }
    if (newest !== undefined && !newest.ok) problems.push(problem(name, history, newest, otherwise));
    return undefined;
  }

  const one = <T>(name: string, read: (text: string) => Checked<T>, otherwise: string): T | undefined => {
    const parameter = parameters.find((each) => each.name === name);
    return parameter && inForce(parameter, read, otherwise);
  };
  const many = <T>(folder: string, read: (name: string, text: string) => Checked<T>): readonly T[] =>
    parameters.flatMap((parameter) => {
      const [where, name, ...more] = parameter.name.split("/");
      if (where !== folder || name === undefined || more.length > 0) return [];
      return inForce(parameter, (text) => read(name, text), "it is not in force") ?? [];
    });
  const tuned = (limit: Limit): Limit => {
    const read = (text: string) => readThreshold(limit, text);
    const threshold = one(`limits/${limit.name}/threshold`, read, "the limit's own threshold holds");
    return threshold === undefined ? limit : { ...limit, threshold };
  };

  const limits = many("limits", readLimit).map(tuned);
  const planApproved = one("plan-approved", readPlanApproved, "no plan is approved");
  one(SECRET, (value) => ({ ok: true, value }), "");
  return {
    mode: one("mode", readMode, `mode ${lastMode} holds`) ?? lastMode,
    limits,
    exemptions: many("exemptions", readExemption),
    denies: many("denies", readManualDeny),
    resets: many("resets", readReset),
    prices: many("prices", readPriceRule),
    maxNewDenies: one("max-new-denies", readMaxNewDenies, `${DEFAULT_MAX_NEW_DENIES} holds`) ?? DEFAULT_MAX_NEW_DENIES,
    ...(planApproved !== undefined && { planApproved }),
    problems,
    authorship,
  };
}

function problem(
  parameter: string,
  history: readonly ParameterVersion[],
  newest: Extract<Checked<unknown>, { ok: false }>,
  inForceInstead: string,
): SettingsProblem {
  return { parameter, version: history.length, problems: newest.problems, inForceInstead };
}
