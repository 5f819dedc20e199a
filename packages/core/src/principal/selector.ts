import { matches } from "../model/pattern.ts";
import type { Principal } from "./principal.ts";

/**
 * Names principals in a limit: an ARN's tail (`role/data-science/*`, `user/ci`,
 * `sso/<permission set>/<user>`), a full ARN, or `*` for everyone. `*` is read as in IAM.
 *
 * A role or user may also be named without its path, as notices name it: names are unique in an account.
 */
export type Selector = string;

export function selects(selector: Selector, principal: Principal): boolean {
  if (selector === principal.id) return true;
  return matches(selector, selector.startsWith("arn:") ? principal.arn : principal.tail);
}

export function selectsAny(selectors: readonly Selector[], principal: Principal): boolean {
  return selectors.some((selector) => selects(selector, principal));
}
