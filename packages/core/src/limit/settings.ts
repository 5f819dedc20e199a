import type { Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import type { Selector } from "../principal/selector.ts";
import type { Limit, Measure, Mode } from "./limit.ts";
import type { Problem } from "./problem.ts";

/** `/exemptions/<name>`: dated, reasoned immunity from limits. Usage goes on counting. */
export interface Exemption {
  readonly name: string;
  readonly principals: readonly Selector[];
  /** Names of limits; undefined: all of them. */
  readonly limits?: readonly string[];
  /** Undefined: every model. */
  readonly models?: readonly Pattern[];
  readonly from?: EpochMs;
  readonly until: EpochMs;
  /** Percent of the threshold at which the immunity ends; undefined: it has no end but `until`. */
  readonly upTo?: number;
  readonly reason: string;
}

/** `/denies/<name>`: a deny by hand. No reset and no exemption ends it. */
export interface ManualDeny {
  readonly name: string;
  readonly principals: readonly Selector[];
  readonly models: readonly Pattern[];
  readonly until?: EpochMs;
  readonly reason: string;
}

/** `/resets/<name>`: usage known at `at` becomes the baseline for the rest of the period. */
export interface Reset {
  readonly name: string;
  readonly limit: string;
  readonly at: EpochMs;
  /** The keys it is for; undefined: every key of the limit. */
  readonly keys?: readonly { readonly principal?: Selector; readonly model?: Pattern }[];
  readonly reason: string;
}

/** `/prices/<name>`: what the operator pays, where the built-in table does not know it. */
export interface PriceRule {
  readonly name: string;
  readonly models: readonly Pattern[];
  readonly region?: string;
  /** USD per million tokens (per image for `images`), or a factor on the built-in table. */
  readonly price: { readonly perMillion: Partial<Record<Measure, number>> } | { readonly multiplier: number };
}

/** Who wrote a parameter's present version, for the notices about changes. */
export interface Authorship {
  readonly parameter: string;
  readonly version: number;
  /** The value as text; empty when it is secret. */
  readonly value: string;
  readonly by: string;
  readonly at: EpochMs;
}

/** A parameter that is not in force as written: what is wrong, and what holds instead. */
export interface SettingsProblem {
  readonly parameter: string;
  /** Version of the malformed value, so that it is announced once. */
  readonly version: number;
  /** Who wrote it, and when. */
  readonly by: string;
  readonly at: EpochMs;
  /** Without anything that was written, which may be a secret in the wrong place. */
  readonly problems: readonly Problem[];
  readonly inForceInstead: string;
  /** When the version that stays in force was written; undefined if none does. */
  readonly inForceSince?: EpochMs;
}

/** How many principals may be newly denied within 10 minutes where `/max-new-denies` is not set. */
export const DEFAULT_MAX_NEW_DENIES = 25;

/** Everything an operator has set, valid. What was malformed is in `problems`. */
export interface Settings {
  readonly mode: Mode;
  /** Sorted by name; delegated thresholds already put in place. */
  readonly limits: readonly Limit[];
  readonly exemptions: readonly Exemption[];
  readonly denies: readonly ManualDeny[];
  readonly resets: readonly Reset[];
  readonly prices: readonly PriceRule[];
  /** How many principals may be newly denied within 10 minutes before a plan is held. */
  readonly maxNewDenies: number;
  /** Id of a held plan that may go ahead. */
  readonly planApproved?: string;
  readonly problems: readonly SettingsProblem[];
  /** Every parameter in force and who wrote it. */
  readonly authorship: readonly Authorship[];
}
