import {
  paginateDescribeParameters,
  paginateGetParameterHistory,
  paginateGetParametersByPath,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import type { Parameter, ParameterVersion } from "@bedrock-governor/core/limit/version-reader";

/** A parameter as SSM has it now; SSM tells who wrote it only elsewhere. */
export type Newest = Omit<ParameterVersion, "by"> & {
  /** Without the path. */
  readonly name: string;
};

/** Everything below one path of SSM's. All of it rejects if a page is unread. */
export interface ParameterReader {
  /** The newest version of every parameter: a call for each 10. */
  newest(): Promise<readonly Newest[]>;
  /** Who wrote which version of each parameter: a call for each 50. */
  authors(): Promise<ReadonlyMap<string, { readonly version: number; readonly by: string }>>;
  /** With every older version SSM still has, of the last 100: a call for each 50. Rejects if the parameter is gone. */
  whole(newest: Newest): Promise<Parameter>;
}

/** As the notices about removals say it. */
const UNKNOWN_AUTHOR = "unknown, see CloudTrail";

export function createParameterReader(ssm: SSMClient, path: string): ParameterReader {
  const relative = (name: string | undefined) => present(name, "Name").slice(path.length + 1);

  return {
    newest: () =>
      reading(path, async () => {
        const found: Newest[] = [];
        const input = { Path: path, Recursive: true, WithDecryption: false };
        for await (const { Parameters = [] } of paginateGetParametersByPath({ client: ssm, pageSize: 10 }, input)) {
          for (const parameter of Parameters) found.push({ name: relative(parameter.Name), ...versionOf(parameter) });
        }
        return found;
      }),

    authors: () =>
      reading(`the authors of ${path}`, async () => {
        const found = new Map<string, { version: number; by: string }>();
        const input = { ParameterFilters: [{ Key: "Path", Option: "Recursive", Values: [path] }] };
        for await (const { Parameters = [] } of paginateDescribeParameters({ client: ssm, pageSize: 50 }, input)) {
          for (const { Name, Version, LastModifiedUser = UNKNOWN_AUTHOR } of Parameters) {
            found.set(relative(Name), { version: present(Version, "Version"), by: LastModifiedUser });
          }
        }
        return found;
      }),

    whole: ({ name, version, value, at }) =>
      reading(`the history of ${path}/${name}`, async () => {
        const found: ParameterVersion[] = [];
        const input = { Name: `${path}/${name}`, WithDecryption: false };
        for await (const { Parameters = [] } of paginateGetParameterHistory({ client: ssm, pageSize: 50 }, input)) {
          for (const one of Parameters) found.push({ ...versionOf(one), by: one.LastModifiedUser ?? UNKNOWN_AUTHOR });
        }
        const by = found.find((one) => one.version === version)?.by ?? UNKNOWN_AUTHOR;
        // SSM gives the oldest first, and promises no order. A version written since is for the next run.
        const older = found.filter((one) => one.version < version).sort((a, b) => b.version - a.version);
        return { name, versions: [{ version, value, by, at }, ...older], moreVersions: false };
      }),
  };
}

interface Raw {
  readonly Type?: string | undefined;
  readonly Value?: string | undefined;
  readonly Version?: number | undefined;
  readonly LastModifiedDate?: Date | undefined;
}

/** What is encrypted stays behind here, even as ciphertext. */
const versionOf = ({ Type, Value, Version, LastModifiedDate }: Raw): Omit<ParameterVersion, "by"> => ({
  version: present(Version, "Version"),
  value: Type === "SecureString" ? undefined : present(Value, "Value"),
  at: present(LastModifiedDate, "LastModifiedDate").getTime(),
});

/** The SDK types every field as optional; SSM always fills these. */
function present<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw new Error(`SSM gave a parameter without ${field}`);
  return value;
}

async function reading<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new Error(`reading ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
