/** What an adapter is allowed to ask AWS for: one statement of an IAM policy that allows. */
export interface Permission {
  /** As in `iam:AttachRolePolicy`, without wildcards. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Operator, key, values. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Where a stage of the governor runs. */
export interface Place {
  /** `aws`, `aws-us-gov`, `aws-cn`, `aws-eusc`. */
  readonly partition: string;
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  readonly stage: string;
}
