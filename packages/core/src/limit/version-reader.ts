import type { EpochMs } from "../period/period.ts";
import type { Checked, Fault } from "./problem.ts";
import type { Authorship, SettingsProblem } from "./settings.ts";
import { withoutValue } from "./without-value.ts";

/** One version of a parameter's value. */
export interface ParameterVersion {
  readonly version: number;
  /** Undefined: it is encrypted, which no parameter but a secret should be. */
  readonly value: string | undefined;
  readonly by: string;
  readonly at: EpochMs;
}

/** A parameter as far as it has been read. */
export interface Parameter {
  /** Without the stage's prefix, as in `limits/opus-daily`. */
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly ParameterVersion[];
  /** Whether there may be versions older than these. */
  readonly moreVersions: boolean;
}

/** Reads parameters, and notes on the way who wrote what is in force and what is wrong. */
export interface VersionReader {
  /**
   * The last valid version's meaning; undefined if there is none.
   *
   * @param otherwise what holds then.
   */
  inForce<T>(parameter: Parameter, read: (text: string) => Checked<T>, otherwise: string): T | undefined;
  /** Notes who wrote a secret, whose value is nobody's business here. */
  secret(parameter: Parameter): void;
  /** Notes that a parameter is not in force, whatever its value. */
  ignored(parameter: Parameter, fault: Fault): void;
  readonly problems: readonly SettingsProblem[];
  readonly authorship: readonly Authorship[];
  /** Names of parameters without a valid version so far that may have an older one. */
  readonly undecided: readonly string[];
}

export function createVersionReader(): VersionReader {
  const problems: SettingsProblem[] = [];
  const authorship: Authorship[] = [];
  const undecided: string[] = [];
  return {
    problems,
    authorship,
    undecided,
    inForce({ name, versions, moreVersions }, read, otherwise) {
      let newest: SettingsProblem | undefined;
      for (const one of versions) {
        const { version, value, by, at } = one;
        const checked = value === undefined ? ENCRYPTED : read(value);
        if (checked.ok) {
          if (newest !== undefined) problems.push(kept(newest, one));
          authorship.push({ parameter: name, version, value: value ?? "", by, at });
          return checked.value;
        }
        const found = checked.problems.map((problem) => withoutValue(problem, value ?? ""));
        newest ??= { parameter: name, version, by, at, problems: found, inForceInstead: otherwise };
      }
      if (newest !== undefined) problems.push(newest);
      if (moreVersions) undecided.push(name);
      return undefined;
    },
    secret({ name, versions: [newest] }) {
      if (newest === undefined) return;
      const { version, by, at } = newest;
      authorship.push({ parameter: name, version, value: "", by, at });
    },
    ignored({ name, versions: [newest] }, fault) {
      if (newest === undefined) return;
      // What it says is left out: a misspelt secret is a secret too.
      const { version, by, at } = newest;
      const problem = { path: "", ...fault };
      problems.push({ parameter: name, version, by, at, problems: [problem], inForceInstead: NOT_IN_FORCE });
    },
  };
}

const kept = (problem: SettingsProblem, { version, at }: ParameterVersion): SettingsProblem => ({
  ...problem,
  inForceInstead: `version ${version} stays in force`,
  inForceSince: at,
});

export const NOT_IN_FORCE = "it is not in force";

const ENCRYPTED: Checked<never> = {
  ok: false,
  problems: [
    {
      path: "",
      problem: "must be plain text: it is a SecureString, which is not decrypted here",
      remedy: "remove the parameter, and write it as a String",
    },
  ],
};
