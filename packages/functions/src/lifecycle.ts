export type Lifecycle = "create" | "update" | "delete";

/**
 * What a stage's deployment does with the resource that invokes the function; undefined if the event is not its.
 *
 * @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_invocation
 */
export function lifecycleOf(event: unknown): Lifecycle | undefined {
  const tf = fieldOf(event, "tf");
  const action = fieldOf(tf, "action");
  return action === "create" || action === "update" || action === "delete" ? action : undefined;
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
