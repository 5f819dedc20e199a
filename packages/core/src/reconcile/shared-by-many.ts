import type { Run } from "./reconcile.ts";

/**
 * Warns of a limit with a threshold for all that would deny more principals at once than the mass-deny guard
 * lets through: when it is reached, nobody is denied until somebody approves the plan.
 */
export function sharedByMany(parameter: string, { settings, scoping }: Pick<Run, "settings" | "scoping">): string[] {
  const name = /^limits\/([^/]+)$/.exec(parameter)?.[1];
  const scope = scoping.scopes.find(({ limit }) => limit.name === name);
  if (scope === undefined || scope.limit.per.principal || scope.limit.mode === "observe") return [];
  if (!scope.limit.steps.some(({ deny }) => deny !== undefined)) return [];
  const count = scope.deniable.filter((principal) => scoping.directory.isGoverned(principal)).length;
  if (count <= settings.maxNewDenies) return [];
  return [
    `it would deny ${count} principals at once, more than the ${settings.maxNewDenies} that max-new-denies lets through: when it is reached, its plan is held until it is approved`,
  ];
}
