import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import { resolveModel } from "@bedrock-governor/core/model/catalogue";
import { mantleIds, parseSpelling } from "@bedrock-governor/core/model/model-id";

/** Which of Bedrock's endpoints is called. */
export type Road = "runtime" | "mantle";

/** What IAM is asked: may this action be done on this resource? */
export interface AccessQuestion {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request. */
  readonly keys: Readonly<Record<string, string>>;
}

/** An IAM policy document, as far as denies go. */
export interface PolicyDocument {
  readonly Statement: readonly PolicyStatement[];
}
export interface PolicyStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Says whether a statement of the document denies one of the questions: one is enough to refuse the call. */
export function isDenied(document: PolicyDocument, questions: readonly AccessQuestion[]): boolean {
  return document.Statement.some(
    (statement) => statement.Effect === "Deny" && questions.some((question) => applies(statement, question)),
  );
}

function applies(statement: PolicyStatement, { action, resource, keys }: AccessQuestion): boolean {
  if (statement.Action === undefined || statement.Resource === undefined) {
    throw new Error(`The simulator cannot judge a statement without Action or Resource: ${JSON.stringify(statement)}`);
  }
  return (
    list(statement.Action).some((one) => isLike(one.toLowerCase(), action.toLowerCase())) &&
    list(statement.Resource).some((one) => isLike(one, resource)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, condition]) => holds(operator, condition, keys))
  );
}

/** A key that the request does not have fulfils no condition. */
function holds(
  operator: string,
  condition: Readonly<Record<string, string | readonly string[]>>,
  keys: Readonly<Record<string, string>>,
): boolean {
  const compare = OPERATORS[operator];
  if (compare === undefined) throw new Error(`The simulator cannot judge the condition operator ${operator}.`);
  return Object.entries(condition).every(([key, values]) => {
    const actual = Object.entries(keys).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
    return actual !== undefined && list(values).some((value) => compare(value, actual));
  });
}

const OPERATORS: Readonly<Record<string, (wanted: string, actual: string) => boolean>> = {
  StringEquals: (wanted, actual) => wanted === actual,
  StringLike: (wanted, actual) => isLike(wanted, actual),
};

const list = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);

/** IAM's wildcards: `*` for any run of characters, `?` for one. */
function isLike(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

export interface Place {
  readonly account: string;
  readonly partition: string;
  readonly region: string;
}

/**
 * Everything IAM is asked about one call of a model. A profile needs the foundation model as well, in
 * the regions it routes to; a global one also in the empty region.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
 */
export function questionsOf(
  spelling: string,
  road: Road,
  place: Place,
  catalogue: Catalogue | undefined,
): readonly AccessQuestion[] {
  const { account, partition, region } = place;
  const model = resolveModel(spelling, catalogue);
  if (road === "mantle") {
    const resource = `arn:${partition}:bedrock-mantle:${region}:${account}:project/default`;
    const ids = model === undefined ? [spelling] : mantleIds(model);
    return ids.map((id) => ({
      action: "bedrock-mantle:CreateInference",
      resource,
      keys: { "bedrock-mantle:Model": id },
    }));
  }
  return resourcesOf(spelling, model, place).map((resource) => ({ action: "bedrock:InvokeModel", resource, keys: {} }));
}

/** Regions that a geo profile routes to besides its own: one stands for all. */
const OTHER_REGION = "us-west-2";

function resourcesOf(
  spelling: string,
  model: string | undefined,
  { account, partition, region }: Place,
): readonly string[] {
  const foundationModel = (where: string) => `arn:${partition}:bedrock:${where}::foundation-model/${model}`;
  const parsed = parseSpelling(spelling);
  if (parsed.kind === "opaque") {
    const isProfile = spelling.includes(":application-inference-profile/");
    return isProfile && model !== undefined ? [spelling, foundationModel(region)] : [spelling];
  }
  if (spelling.includes(":imported-model/")) return [spelling];
  if (parsed.prefix === undefined) return [foundationModel(region)];
  const profile = `arn:${partition}:bedrock:${region}:${account}:inference-profile/${parsed.prefix}.${model}`;
  return [profile, foundationModel(region), foundationModel(parsed.prefix === "global" ? "" : OTHER_REGION)];
}
