import type { SSMClient } from "@aws-sdk/client-ssm";
import { assembleSettings, DEFAULT_MODE } from "@bedrock-governor/core/limit/assemble-settings";
import type { Mode } from "@bedrock-governor/core/limit/limit";
import type { Settings } from "@bedrock-governor/core/limit/settings";
import type { Parameter } from "@bedrock-governor/core/limit/version-reader";
import type { SettingsPort } from "@bedrock-governor/core/reconcile/ports";
import type { Place } from "../permission.ts";
import { createParameterReader, type Newest, type ParameterReader } from "./parameter-reader.ts";
import { settingsPath } from "./settings-path.ts";

/** The last valid mode, kept outside SSM: a parameter that is removed loses its history. */
export interface LastMode {
  /** Undefined: none ever was. Rejects if it is unread. */
  read(): Promise<Mode | undefined>;
  /** Rejects if it was not written. */
  write(mode: Mode): Promise<void>;
}

export interface SsmSettingsOptions {
  readonly ssm: SSMClient;
  readonly place: Pick<Place, "stage">;
  readonly lastMode: LastMode;
}

/** Parameters by edition, that is name, version and date: one that was removed and set again begins at version 1. */
type Editions = ReadonlyMap<string, Parameter>;

/**
 * Settings from SSM parameters, read anew each time. As long as nothing changed that is one call per 10
 * parameters. A change adds one call per 50 parameters, for who did it, and one or two for the history of each
 * parameter whose newest version is not valid.
 */
export function createSsmSettings({ ssm, place, lastMode }: SsmSettingsOptions): SettingsPort {
  const reader = createParameterReader(ssm, settingsPath(place));
  let editions: Editions = new Map();
  let settings: Settings | undefined;

  return {
    async read() {
      const [newest, kept] = await Promise.all([reader.newest(), lastMode.read()]);
      if (settings === undefined || !isAllOf(editions, newest) || !agrees(settings, kept)) {
        const parameters = await parametersOf(newest, editions, reader);
        settings = await decided(parameters, kept, reader);
        editions = parameters;
      }
      // Compared with what is kept, not with what was written last: another instance may have written since.
      if (isModeSet(settings) && settings.mode !== kept) await lastMode.write(settings.mode);
      return settings;
    },
  };
}

const edition = ({ name, version, at }: Newest): string => `${name} ${version} ${at}`;

const isAllOf = (editions: Editions, newest: readonly Newest[]): boolean =>
  editions.size === newest.length && newest.every((one) => editions.has(edition(one)));

const isModeSet = ({ authorship }: Settings): boolean => authorship.some(({ parameter }) => parameter === "mode");

const agrees = (settings: Settings, kept: Mode | undefined): boolean =>
  isModeSet(settings) || settings.mode === (kept ?? DEFAULT_MODE);

/** SSM's newest versions, with what is known of each from before. */
async function parametersOf(
  newest: readonly Newest[],
  before: Editions,
  reader: ParameterReader,
): Promise<Map<string, Parameter>> {
  const isNew = newest.some((one) => !before.has(edition(one)));
  // For the many parameters of a cold start this is far cheaper than their histories, which tell the same.
  const authors = isNew ? await reader.authors() : undefined;
  const parameters = new Map<string, Parameter>();
  for (const one of newest) {
    const author = authors?.get(one.name);
    // Somebody may have written between the two calls: the history still knows who wrote the version before.
    const read = () => (author?.version === one.version ? asRead(one, author.by) : reader.whole(one));
    parameters.set(edition(one), before.get(edition(one)) ?? (await read()));
  }
  return parameters;
}

const asRead = ({ name, ...version }: Newest, by: string): Parameter => ({
  name,
  versions: [{ ...version, by }],
  moreVersions: version.version > 1,
});

/** Settings, after reading the history of whatever turns out to need it. */
async function decided(
  parameters: Map<string, Parameter>,
  kept: Mode | undefined,
  reader: ParameterReader,
): Promise<Settings> {
  for (;;) {
    const { settings, undecided } = assembleSettings([...parameters.values()], kept);
    if (undecided.length === 0) return settings;
    for (const [key, { name, versions }] of parameters) {
      const [newest] = versions;
      if (newest !== undefined && undecided.includes(name)) {
        parameters.set(key, await reader.whole({ name, ...newest }));
      }
    }
  }
}
