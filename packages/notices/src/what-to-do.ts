import { type GovernorEvent, MOST_STILL_OPEN } from "@bedrock-governor/core/reconcile/event";
import { modeMeaning } from "./mode-words.ts";

/** What the reader can do, beside what the event says itself; undefined where there is nothing. No markup. */
export function whatToDo(event: GovernorEvent): string | undefined {
  const { limit, stage, type } = event;
  switch (type) {
    case "Limit Warned":
      return `use less or something cheaper, or ask ${owner(event)} for more${next(event)}`;
    case "Access Denied":
      if (limit === undefined) return "ask whoever wrote the deny; it ends sooner when its parameter is removed";
      return `use what still works, or wait. To open it sooner, ${owner(event)} can raise the threshold of ${limit}, exempt ${event.principal ?? "them"} (a parameter under /bedrock-governor/${stage}/exemptions/) or reset the limit`;
    case "Would Deny":
      return "nothing now: nobody is denied, as the mode or this limit only observes. Look whether the limit is right before it enforces";
    case "Plan Held":
      return "look whether the limits are right. If one is wrong, mend it, and the plan is gone. If they are right, approve the plan, once";
    case "Limit Changed":
    case "Exemption Granted":
      if (event.change?.old === undefined) return undefined;
      if (event.change.new === undefined)
        return "if it was not meant, write the old value again: no history is left of it";
      return "if it was not meant, write the old value again: Parameter Store keeps the history";
    case "Usage Unknown":
      return `if it lasts, look into the log /aws/lambda/bedrock-governor-${stage}-reconcile for what failed`;
    default:
      return undefined;
  }
}

const owner = ({ owner, limit }: GovernorEvent): string =>
  owner ?? (limit === undefined ? "an operator" : "whoever owns the limit");

/** What comes after a warning. */
function next({ steps, step = 0 }: GovernorEvent): string {
  if (steps === undefined) return "";
  const denies = steps.find(({ at, denies }) => denies && at > step);
  return denies === undefined ? ". This limit denies nobody beyond that" : `. At ${denies.at} % models are denied`;
}

/** What still works for somebody who is denied, beside the names in `stillOpen`. */
export function stillWorks({ models = [], limit, stillOpen }: GovernorEvent): string {
  if (models.includes("*") && (stillOpen ?? []).length === 0) return "no model of Bedrock";
  if (limit === undefined || stillOpen === undefined) return "every other model";
  if (stillOpen.length === 0) return "any model that this limit is not about";
  const perhapsMore = stillOpen.length >= MOST_STILL_OPEN ? "perhaps others, " : "";
  return `${perhapsMore}and any model that this limit is not about`;
}

/** What a change means that does not say so itself. */
export function meaning(event: GovernorEvent): string | undefined {
  if (event.type === "Mode Changed") return modeMeaning(event);
  if (event.type === "Exemption Expired") return "its limits hold again for whoever it was for: denies may follow";
  return undefined;
}
