import type { Selector } from "../principal/selector.ts";
import type { LimitRule } from "./limit-rules.ts";
import type { Fault } from "./problem.ts";
import { mayOverlap, surelyCovers } from "./selector-rule.ts";

const overridesNeedPrincipals: LimitRule = ({ per, overrides = [] }) => {
  if (overrides.length === 0 || per === undefined || per.includes("principal")) return [];
  const problem = 'goes only with "principal" in per: without it no principal has a threshold of its own';
  return [{ path: "overrides", value: overrides, problem, remedy: 'add "principal" to per, or remove overrides' }];
};

const everyOverrideTakesEffect: LimitRule = ({ per, principals, exceptPrincipals = [], overrides = [] }) => {
  if (per?.includes("principal") !== true) return [];
  return overrides.flatMap((override, index) => {
    const earlier = overrides.slice(0, index).flatMap((other) => other.principals);
    const fault = whyWithoutEffect(override.principals, earlier, exceptPrincipals, principals);
    return fault === undefined
      ? []
      : [{ path: `overrides[${index}].principals`, value: override.principals, ...fault }];
  });
};

function whyWithoutEffect(
  own: readonly Selector[],
  earlier: readonly Selector[],
  excepted: readonly Selector[],
  selected: readonly Selector[] = own,
): Fault | undefined {
  if (allCovered(own, earlier)) {
    const problem = "can never hold: earlier overrides, of which the first match wins, select all of them";
    return { problem, remedy: "move it before them, or remove it" };
  }
  if (allCovered(own, excepted)) {
    return { problem: "can never hold: exceptPrincipals takes all of them out", remedy: "remove the override" };
  }
  if (own.some((one) => selected.some((other) => mayOverlap(one, other)))) return undefined;
  return { problem: "selects nobody whom principals selects", remedy: "correct one of the two" };
}

const allCovered = (narrow: readonly Selector[], wide: readonly Selector[]): boolean =>
  narrow.every((one) => wide.some((other) => surelyCovers(other, one)));

/** What the overrides of a limit have to keep to. */
export const overrideRules: readonly LimitRule[] = [overridesNeedPrincipals, everyOverrideTakesEffect];
