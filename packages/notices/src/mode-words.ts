import type { Mode } from "@bedrock-governor/core/limit/limit";
import { readMode } from "@bedrock-governor/core/limit/read-word";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";

const MEANINGS: Readonly<Record<Mode, string>> = {
  observe: "every deny is lifted within about a minute; from now on it only says what it would do",
  enforce: "limits deny from now on, and every deny is told",
  paused: "nothing is denied and nothing is lifted until the mode is another one",
};

/** What a change of the mode comes to, which the mode in effect says and not the one that was written. */
export function modeHeadline(event: GovernorEvent): string {
  const { change, mode = written(event) } = event;
  if (change?.new === undefined) return mode === undefined ? "Mode removed" : `Mode removed: ${mode} is in effect`;
  const set = written(event) ?? change.new;
  return mode === undefined || mode === set ? `Mode is ${set} now` : `Mode is set to ${set}: ${mode} is in effect`;
}

/** Undefined of a mode that is removed: the one in effect stays. */
export function modeMeaning(event: GovernorEvent): string | undefined {
  const set = written(event);
  if (set === undefined) return undefined;
  if (event.mode === undefined || event.mode === set) return MEANINGS[set];
  return "nobody is denied until the stage is deployed with enforcement; until then it only says what it would do";
}

function written({ change }: GovernorEvent): Mode | undefined {
  const read = change?.new === undefined ? undefined : readMode(change.new);
  return read?.ok ? read.value : undefined;
}
