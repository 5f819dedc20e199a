/**
 * Decides as IAM does what identity policies say about one request. Small on purpose: what it does
 * not know (policy variables, other operators) it refuses instead of guessing.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(
  policies: readonly PolicyDocument[],
  request: AccessRequest,
  wildcards: Wildcards = "within",
): Decision {
  const effects = policies
    .flatMap((policy) => asList(policy.Statement))
    .filter((statement) => applies(statement, request, wildcards))
    .map((statement) => statement.Effect);
  if (effects.includes("Deny")) return "explicitDeny";
  return effects.includes("Allow") ? "allowed" : "implicitDeny";
}

/** The words of IAM's policy simulator. */
export type Decision = "allowed" | "explicitDeny" | "implicitDeny";

export interface AccessRequest {
  /** `service:Action`. */
  readonly action: string;
  readonly resource: string;
  /** Condition keys in any case; a list for a key with several values. A key that is absent is absent from the request. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: Statement | readonly Statement[];
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action?: OneOrMore;
  readonly NotAction?: OneOrMore;
  readonly Resource?: OneOrMore;
  readonly NotResource?: OneOrMore;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

type OneOrMore = string | readonly string[];

/**
 * Whether a wildcard in a resource's ARN stops at colons. IAM's documentation allows it to go on past
 * them when it ends a segment, so what must be denied is tested `within`, what must stay open `across`.
 */
export type Wildcards = "within" | "across";

const asList = <T>(value: T | readonly T[]): readonly T[] => (isList(value) ? value : [value]);
const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

function applies(statement: Statement, request: AccessRequest, wildcards: Wildcards): boolean {
  const isAction = (pattern: string) => like(pattern.toLowerCase(), request.action.toLowerCase());
  const isResource = (pattern: string) => likeArn(pattern, request.resource, wildcards);
  return (
    listed(statement.Action, statement.NotAction, isAction) &&
    listed(statement.Resource, statement.NotResource, isResource) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, asList(wanted), valuesOf(request, key))),
    )
  );
}

function listed(
  named: OneOrMore | undefined,
  exempt: OneOrMore | undefined,
  is: (pattern: string) => boolean,
): boolean {
  if (named !== undefined && exempt === undefined) return asList(named).some(is);
  if (named === undefined && exempt !== undefined) return !asList(exempt).some(is);
  throw new Error("a statement has either an element or its Not form");
}

function valuesOf(request: AccessRequest, key: string): readonly string[] | undefined {
  const found = Object.entries(request.context ?? {}).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : asList(found[1]);
}

const OPERATORS: Readonly<Record<string, (wanted: string, actual: string) => boolean>> = {
  StringEquals: (wanted, actual) => wanted === actual,
  StringEqualsIgnoreCase: (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase(),
  StringLike: (wanted, actual) => like(wanted, actual),
  ArnEquals: (wanted, actual) => likeArn(wanted, actual, "within"),
  ArnLike: (wanted, actual) => likeArn(wanted, actual, "within"),
  Bool: (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase(),
};

/** One operator on one key: its values are alternatives; none of them may hold for a `Not` operator. */
function holds(operator: string, wanted: readonly string[], actual: readonly string[] | undefined): boolean {
  const [, quantifier, name = "", ifExists] =
    /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (name === "Null") return wanted.some((value) => (value === "true") === (actual === undefined));
  const negated = /^(?:String|Arn)Not/.test(name);
  const test = OPERATORS[name.replace("Not", "")];
  if (test === undefined) throw new Error(`condition operator ${operator} is not known here`);
  if (actual === undefined) return ifExists !== undefined || negated || quantifier === "ForAllValues";
  const passes = (value: string) => wanted.some((one) => test(known(one), value)) !== negated;
  if (quantifier === undefined && actual.length !== 1)
    throw new Error(`${operator} on a key with ${actual.length} values`);
  return quantifier === "ForAnyValue" ? actual.some(passes) : actual.every(passes);
}

function known(pattern: string): string {
  if (pattern.includes("${")) throw new Error(`policy variables are not known here: ${pattern}`);
  return pattern;
}

/** Six segments; what an ARN pattern leaves out at its end is completed with `*`, as IAM does. */
function likeArn(pattern: string, arn: string, wildcards: Wildcards): boolean {
  if (pattern === "*") return true;
  if (wildcards === "across") return like(known(pattern), arn);
  const wanted = segments(known(pattern));
  const actual = segments(arn);
  return actual.length >= wanted.length && actual.every((segment, i) => like(wanted[i] ?? "*", segment));
}

function segments(arn: string): readonly string[] {
  const [scheme = "", partition = "", service = "", region = "", account = "", ...resource] = arn.split(":");
  return [scheme, partition, service, region, account, resource.join(":")].slice(0, arn.split(":").length);
}

/** `*` is any run of characters, `?` is one. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
