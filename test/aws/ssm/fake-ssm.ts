import { type ServiceInputTypes, SSMClient } from "@aws-sdk/client-ssm";

interface Version {
  readonly Name: string;
  readonly Version: number;
  readonly Value: string;
  readonly Type: "String" | "SecureString";
  readonly LastModifiedDate: Date;
  readonly LastModifiedUser: string;
}

interface Call {
  readonly command: string;
  readonly input: ServiceInputTypes;
}

export interface FakeSsm {
  readonly client: SSMClient;
  /** Everything that was asked since the last time. */
  takeCalls(): readonly Call[];
  put(parameter: string, value: unknown, options?: { by?: string; secure?: boolean }): void;
  remove(parameter: string): void;
  /** Runs before each answer; what it throws is the answer. */
  onCall(listener: (command: string) => void): void;
}

const PREFIX = "/bedrock-governor/production/";
const BEGIN = Date.UTC(2026, 0, 5);

/** SSM's parameters in memory, behind a client that reaches nobody. Every list ends with an empty page. */
export function createFakeSsm(): FakeSsm {
  const histories = new Map<string, Version[]>();
  let calls: Call[] = [];
  let listener: (command: string) => void = () => {};
  let time = BEGIN;

  function answer({ command, input }: Call) {
    const token = "NextToken" in input ? Number(input.NextToken ?? 0) : 0;
    const size = "MaxResults" in input ? Number(input.MaxResults) : Number.NaN;
    const all = listed(command, input);
    const more = token < all.length ? { NextToken: String(token + size) } : {};
    return { $metadata: {}, Parameters: all.slice(token, token + size), ...more };
  }
  function listed(command: string, input: ServiceInputTypes): readonly object[] {
    const newest = [...histories.values()].map((history) => history.at(-1)).filter((one) => one !== undefined);
    if (command === "GetParametersByPathCommand") return newest.map(({ LastModifiedUser: _, ...told }) => told);
    if (command === "DescribeParametersCommand") return newest.map(({ Value: _, ...told }) => told);
    if (command !== "GetParameterHistoryCommand") throw new Error(`SSM is not asked for ${command}`);
    const found = histories.get("Name" in input ? String(input.Name) : "");
    if (found === undefined) throw Object.assign(new Error("no such parameter"), { name: "ParameterNotFound" });
    return found;
  }

  const client = new SSMClient({ region: "us-east-1" });
  client.middlewareStack.add(
    (_, { commandName = "" }) =>
      async ({ input }) => {
        // The SDK's paginators go on using their input.
        const call = { command: commandName, input: { ...input } };
        calls.push(call);
        listener(commandName);
        return { response: {}, output: answer(call) };
      },
    { step: "initialize" },
  );

  return {
    client,
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
    put(parameter, value, { by = "alice", secure = false } = {}) {
      const Name = PREFIX + parameter;
      const history = histories.get(Name) ?? [];
      time += 1000;
      histories.set(Name, [
        ...history,
        {
          Name,
          Version: history.length + 1,
          Value: typeof value === "string" ? value : JSON.stringify(value),
          Type: secure ? "SecureString" : "String",
          LastModifiedDate: new Date(time),
          LastModifiedUser: by,
        },
      ]);
    },
    remove: (parameter) => void histories.delete(PREFIX + parameter),
    onCall(next) {
      listener = next;
    },
  };
}
