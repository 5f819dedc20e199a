import type { Request } from "../trace/request.ts";

/** A whole trace in columns, 40 bytes a row. All of it is read first, because roles exist before they call. */
export interface TraceRows {
  readonly length: number;
  /** Milliseconds from the start of the trace. */
  readonly atMs: Float64Array;
  /** Indices of `callers`. */
  readonly caller: Float64Array;
  readonly input: Float64Array;
  readonly output: Float64Array;
  readonly cacheWrite: Float64Array;
  readonly cacheRead: Float64Array;
  readonly callers: readonly { readonly principal: string; readonly model: string }[];
}

export async function readRows(trace: AsyncIterable<readonly Request[]>): Promise<TraceRows> {
  let length = 0;
  const callers: { principal: string; model: string }[] = [];
  const numbers = new Map<string, Map<string, number>>();
  const [atMs, caller, input, output, cacheWrite, cacheRead] = [
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
  ];

  function callerOf({ principal, model }: Request): number {
    const models = numbers.get(principal) ?? new Map<string, number>();
    numbers.set(principal, models);
    const number = models.get(model) ?? callers.push({ principal, model }) - 1;
    models.set(model, number);
    return number;
  }

  for await (const requests of trace) {
    for (const request of requests) {
      atMs.set(length, request.atMs);
      caller.set(length, callerOf(request));
      input.set(length, request.inputTokens);
      output.set(length, request.outputTokens);
      cacheWrite.set(length, request.cacheWriteTokens);
      cacheRead.set(length, request.cacheReadTokens);
      length++;
    }
  }
  return {
    length,
    callers,
    atMs: atMs.values(),
    caller: caller.values(),
    input: input.values(),
    output: output.values(),
    cacheWrite: cacheWrite.values(),
    cacheRead: cacheRead.values(),
  };
}

function column() {
  let values = new Float64Array(1024);
  return {
    values: () => values,
    set(row: number, value: number) {
      if (row === values.length) {
        const larger = new Float64Array(row * 2);
        larger.set(values);
        values = larger;
      }
      values[row] = value;
    },
  };
}
