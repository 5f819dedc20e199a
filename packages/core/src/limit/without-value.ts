import { PROFILE_PREFIXES } from "../model/model-id.ts";
import { MEASURES } from "./limit.ts";
import type { Problem } from "./problem.ts";

const CUT = "…";
const QUOTED = String.raw`"(?:[^"\\]|\\.)*(?:"|$)`;
/** A long number too may be a secret in the wrong place. */
const LONG_NUMBER = /^\d{6}/;
const QUOTED_OR_NUMBER = new RegExp(`${QUOTED}|\\d{6,}`, "gsu");
const QUOTED_OR_KEY = new RegExp(`${QUOTED}|[\\w$-]+`, "gsu");
const INDEX = /^\d{1,5}$/;
/** Signs that patterns, names, dates and JSON consist of, beside words. */
const SIGNS = /[\s.,:/*?<>@{}[\]\\_+…-]+/u;

/**
 * What this package says itself of what is allowed, and shows as examples. What is missing here is cut from
 * sentences without need, and nothing worse.
 */
const OURS: ReadonlySet<string> = new Set([
  ...MEASURES,
  ...PROFILE_PREFIXES,
  ...words("observe enforce paused manual principal model hour day week month rolling metrics logs budget true false"),
  ...words("limit limits description owner models principals exceptPrincipals source measure per period timeZone keys"),
  ...words("threshold bounds min max overrides steps at notify deny except reset liftBelow mode from until upTo"),
  ...words("reason region perMillion multiplier prices exemptions denies resets"),
  ...words("role roles user users sso path and name permission set arn aws iam sts federated assumed or write as"),
  ...words("Opus for data science batch lead ml platform ci anthropic claude opus haiku amazon nova daily monthly"),
  ...words("DataScience ana example com bedrock Europe Berlin eu central quarterly report"),
  ...words("P1D P7D P31D PT5M PT6H PT15M 2026 03 01T08 31T16 31T18 00 00Z 01 02 123456789012"),
  ...words("0 04 1 20 25 300 400 5 6 80 85 90 100 200"),
]);

function words(text: string): readonly string[] {
  return text.split(" ");
}

/**
 * A problem as it can be told to anyone: where it is, what is allowed and what to do, and nothing that was
 * written. Somebody may have pasted a secret into the wrong parameter, and notices go far.
 *
 * @param written the whole text in which the problem is.
 */
export function withoutValue({ path, problem, remedy }: Problem, written: string): Problem {
  const told = (sentence: string) =>
    sentence.replace(QUOTED_OR_NUMBER, (found) => {
      if (LONG_NUMBER.test(found)) return written.includes(found.slice(0, 6)) ? CUT : found;
      return isOurs(found) ? found : `"${CUT}"`;
    });
  const remains = told(remedy);
  return {
    path: path.replace(QUOTED_OR_KEY, (part) => (OURS.has(part) || INDEX.test(part) ? part : CUT)),
    problem: told(problem),
    // "write …" would help nobody.
    remedy: remains === remedy ? remedy : "correct it, and write it again",
  };
}

/** One letter may stand, as in what no name can hold. */
function isOurs(quoted: string): boolean {
  const text = quoted.replace(/^"|"$/g, "");
  return /^\\?.$/su.test(text) || text.split(SIGNS).every((word) => word === "" || OURS.has(word));
}
