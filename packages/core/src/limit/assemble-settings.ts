import type { Limit, Mode } from "./limit.ts";
import { SECRET, whyIgnored } from "./parameter-name.ts";
import type { Checked } from "./problem.ts";
import { readExemption } from "./read-exemption.ts";
import { readLimit } from "./read-limit.ts";
import { readManualDeny } from "./read-manual-deny.ts";
import { readMaxNewDenies, readThreshold } from "./read-number.ts";
import { readPriceRule } from "./read-price-rule.ts";
import { readReset } from "./read-reset.ts";
import { readMode, readPlanApproved } from "./read-word.ts";
import { DEFAULT_MAX_NEW_DENIES, type Settings } from "./settings.ts";
import { createVersionReader, NOT_IN_FORCE, type Parameter, type VersionReader } from "./version-reader.ts";

/** The mode where none was ever set. */
export const DEFAULT_MODE: Mode = "observe";

export interface Assembly {
  readonly settings: Settings;
  /**
   * Names of parameters of which no version read so far is valid, though an older one may be. As
   * long as there are any, `settings` are not to be used: read their versions and assemble again.
   */
  readonly undecided: readonly string[];
}

/**
 * Makes settings of what operators wrote: of each parameter the last valid version is in force.
 *
 * Synchronous, so that whoever keeps parameters reads old versions only of those that turn out to
 * need them.
 *
 * @param lastMode the last valid mode. It is kept elsewhere: a removed `/mode` loses its history.
 */
export function assembleSettings(written: readonly Parameter[], lastMode: Mode = DEFAULT_MODE): Assembly {
  const parameters = written.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const reader = createVersionReader();
  const { one, many } = lookUp(parameters, reader);
  const tuned = (limit: Limit): Limit => {
    const read = (text: string) => readThreshold(limit, text);
    const threshold = one(`limits/${limit.name}/threshold`, read, "the limit's own threshold holds");
    return threshold === undefined ? limit : { ...limit, threshold };
  };

  const limits = many("limits", readLimit).map(tuned);
  const planApproved = one("plan-approved", readPlanApproved, "no plan is approved");
  const settings = {
    mode: one("mode", readMode, `mode ${lastMode} holds`) ?? lastMode,
    limits,
    exemptions: many("exemptions", readExemption),
    denies: many("denies", readManualDeny),
    resets: many("resets", readReset),
    prices: many("prices", readPriceRule),
    maxNewDenies: one("max-new-denies", readMaxNewDenies, `${DEFAULT_MAX_NEW_DENIES} holds`) ?? DEFAULT_MAX_NEW_DENIES,
    ...(planApproved !== undefined && { planApproved }),
  };
  noteTheRest(parameters, reader);
  const { problems, authorship, undecided } = reader;
  return { settings: { ...settings, problems, authorship }, undecided };
}

function lookUp(parameters: readonly Parameter[], reader: VersionReader) {
  return {
    one<T>(name: string, read: (text: string) => Checked<T>, otherwise: string): T | undefined {
      const parameter = parameters.find((each) => each.name === name);
      return parameter && reader.inForce(parameter, read, otherwise);
    },
    many<T>(folder: string, read: (name: string, text: string) => Checked<T>): readonly T[] {
      return parameters.flatMap((parameter) => {
        const [where, name, ...more] = parameter.name.split("/");
        if (where !== folder || name === undefined || more.length > 0) return [];
        return reader.inForce(parameter, (text) => read(name, text), NOT_IN_FORCE) ?? [];
      });
    },
  };
}

function noteTheRest(parameters: readonly Parameter[], reader: VersionReader): void {
  const names = new Set(parameters.map(({ name }) => name));
  for (const parameter of parameters) {
    if (parameter.name === SECRET) reader.secret(parameter);
    const fault = whyIgnored(parameter.name, (name) => names.has(name));
    if (fault !== undefined) reader.ignored(parameter, fault);
  }
}
