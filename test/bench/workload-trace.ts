import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { createWorkload } from "@bedrock-governor/simulator/workload/workload";

/** Writes days of the generator's company as a trace file. */
export function writeWorkload(file: string, days: number): string {
  const workload = createWorkload(1);
  const lines = ["t_ms,model,principal,input_tokens,output_tokens,cache_write,cache_read"];
  for (let day = 0; day < days; day++) {
    for (const request of workload.requests(day)) {
      const { atMs, model, principal, inputTokens, outputTokens, cacheWriteTokens, cacheReadTokens } = request;
      const caller = principal.slice("role/".length);
      lines.push([atMs, model, caller, inputTokens, outputTokens, cacheWriteTokens, cacheReadTokens].join(","));
    }
  }
  writeFileSync(file, gzipSync(lines.join("\n")));
  return file;
}
