/** What differs between stages. Everything an operator tunes while it runs is an SSM parameter instead. */
export interface StageSettings {
  /** AWS regions whose Bedrock use counts. The governor itself stands in the first. */
  regions: readonly [string, ...string[]];
  /**
   * ARN patterns, `*` as in IAM, of the roles and users this stage may deny. They bound the governor's own
   * permissions, so a limit that selects anyone else is refused by IAM.
   */
  governedPrincipals: readonly string[];
  /** ARN patterns of roles that are never denied, whatever a limit says. */
  breakGlassRoles: readonly string[];
  /** `none`: the governor holds no permission to deny, so even `mode` set to `enforce` only observes. */
  enforcement: "none" | "on";
  /** How long usage and the journal of denies are kept, in days. */
  retentionDays: number;
}

/** For every stage that is not named below: it watches one region and can deny nobody. */
const defaults: StageSettings = {
  regions: ["us-east-1"],
  governedPrincipals: [],
  breakGlassRoles: [],
  enforcement: "none",
  retentionDays: 90,
};

const stages: Readonly<Record<string, Partial<StageSettings>>> = {
  production: { retentionDays: 400 },
};

export const settingsOf = (stage: string): StageSettings => ({ ...defaults, ...stages[stage] });
