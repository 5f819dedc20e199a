import { assembleSettings, DEFAULT_MODE } from "@bedrock-governor/core/limit/assemble-settings";
import type { Settings } from "@bedrock-governor/core/limit/settings";
import type { ParameterVersion as AnyVersion } from "@bedrock-governor/core/limit/version-reader";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { SettingsPort } from "@bedrock-governor/core/reconcile/ports";

/** One version of a parameter's value; nothing is encrypted here. */
export interface ParameterVersion extends AnyVersion {
  readonly value: string;
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

export function createParameters(now: () => EpochMs): Parameters {
  const histories = new Map<string, ParameterVersion[]>();
  const listeners: ((name: string) => void)[] = [];
  // The governor's table keeps the last valid mode: a parameter that is removed loses its history.
  let lastMode = DEFAULT_MODE;
  let settings: Settings | undefined;

  const changed = (name: string) => {
    settings = undefined;
    for (const listener of listeners) listener(name);
  };
  const inForce = () => {
    settings ??= assembleSettings(
      [...histories].map(([name, history]) => ({ name, versions: history.toReversed(), moreVersions: false })),
      lastMode,
    ).settings;
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
      return [...histories.keys()].sort();
    },
    onChange: (listener) => listeners.push(listener),
  };
}
