import { afterEach, beforeEach, vi } from "vitest";

type Line = Readonly<Record<string, unknown>>;

export interface Output {
  /** Everything a function wrote, as CloudWatch Logs would have it. */
  text(): string;
  /** Log lines of a message, or all. */
  logged(message?: string): readonly Line[];
  /** Embedded metrics, all lines together. */
  metrics(): Readonly<Record<string, unknown>>;
  /** Namespace, dimensions and units of the embedded metrics, as CloudWatch reads them. */
  directives(): readonly Directive[];
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

/** What handlers write while a test runs, in place of this process's own output. */
export function captureOutput(): Output {
  let written: string[] = [];
  beforeEach(() => {
    written = [];
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, "write").mockImplementation((chunk) => {
        written.push(String(chunk));
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const lines = () =>
    written
      .join("")
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Line);
  const embedded = () => lines().filter((line) => "_aws" in line);
  return {
    text: () => written.join(""),
    logged: (message) =>
      lines().filter((line) => !("_aws" in line) && (message === undefined || line.message === message)),
    metrics: () => {
      const { _aws, ...values } = Object.assign({}, ...embedded()) as Line;
      return values;
    },
    directives: () =>
      embedded().flatMap(({ _aws }) => (_aws as { CloudWatchMetrics: readonly Directive[] }).CloudWatchMetrics),
  };
}
