import type { LastMode } from "@bedrock-governor/aws/ssm/settings";
import type { Mode } from "@bedrock-governor/core/limit/limit";

/** The governor's table as far as it keeps the last valid mode. */
export function createKeptMode(mode?: Mode): LastMode & { readonly mode: Mode | undefined; readonly writes: number } {
  let kept = mode;
  let writes = 0;
  return {
    read: async () => kept,
    async write(next) {
      kept = next;
      writes++;
    },
    get mode() {
      return kept;
    },
    get writes() {
      return writes;
    },
  };
}
