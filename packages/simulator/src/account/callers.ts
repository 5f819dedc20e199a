import { type Catalogue, resolveModel } from "@bedrock-governor/core/model/catalogue";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Road } from "./authorisation.ts";
import type { Authoriser } from "./authoriser.ts";
import type { Directory } from "./directory.ts";

/** Someone who calls a model by one spelling on one road: what stays the same from call to call. */
export interface Caller {
  /** From 0, in the order in which they were first seen. */
  readonly number: number;
  readonly principal: PrincipalId;
  readonly spelling: string;
  readonly road: Road;
  /** The spelling itself if nothing resolves it. */
  readonly model: ModelId;
  /** Whether a call is refused now. */
  refused: boolean;
}

export interface Callers {
  /** A role or user that does not exist yet is created. @param tail of its ARN */
  caller(tail: string, spelling: string, road?: Road): Caller;
  readonly all: readonly Caller[];
  /** Looks anew at what a principal may do. */
  refresh(principal: PrincipalId): void;
}

export function createCallers(directory: Directory, isDenied: Authoriser, catalogue: Catalogue): Callers {
  const all: Caller[] = [];
  const known = new Map<string, Caller>();
  const byPrincipal = new Map<PrincipalId, Caller[]>();

  const isRefused = ({ principal, spelling, road }: Omit<Caller, "refused">) =>
    directory.find(principal) === undefined || isDenied(principal, spelling, road);

  function add(tail: string, spelling: string, road: Road): Caller {
    const principal = directory.create(tail).id;
    const model = resolveModel(spelling, catalogue) ?? spelling;
    const who = { number: all.length, principal, spelling, road, model };
    const caller = { ...who, refused: isRefused(who) };
    all.push(caller);
    byPrincipal.set(principal, [...(byPrincipal.get(principal) ?? []), caller]);
    return caller;
  }

  return {
    all,
    caller(tail, spelling, road = "runtime") {
      const id = `${tail} ${road} ${spelling}`;
      const caller = known.get(id) ?? add(tail, spelling, road);
      known.set(id, caller);
      return caller;
    },
    refresh(principal) {
      for (const caller of byPrincipal.get(principal) ?? []) caller.refused = isRefused(caller);
    },
  };
}
