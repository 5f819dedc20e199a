import { noticedBudget } from "./noticed-budget.ts";

/** What woke a function, for its log. */
export interface Signal {
  readonly source: string;
  readonly detailType?: string;
  readonly id?: string;
  readonly alarm?: string;
  readonly parameter?: string;
  /** A budget that AWS Budgets told of, whether or not a limit is on it. */
  readonly budget?: string;
}

/** What comes by a topic, as AWS Budgets' notices do. */
export const BY_TOPIC = "aws.sns";

/** By detail type, where the name of what changed stands in the detail. */
const NAMED: Readonly<Record<string, { readonly as: "alarm" | "parameter"; readonly key: string }>> = {
  "CloudWatch Alarm State Change": { as: "alarm", key: "alarmName" },
  "Parameter Store Change": { as: "parameter", key: "name" },
};
/** AWS names nothing of these at more length. */
const MOST_CHARACTERS = 1_024;
/** A notice of AWS Budgets has some 800 characters. */
const MOST_OF_A_NOTICE = 10_000;

/** Reads who woke us and nothing else: what an event says of usage or values is never looked at. */
export function signalOf(event: unknown): Signal {
  const notice = fieldOf(fieldOf(fieldOf(event, "Records"), "0"), "Sns");
  if (notice !== undefined) return topicSignal(notice);
  const detailType = textAt(event, "detail-type");
  const id = textAt(event, "id");
  const named = NAMED[detailType ?? ""];
  const name = named && textAt(fieldOf(event, "detail"), named.key);
  return {
    source: textAt(event, "source") ?? "unknown",
    ...(detailType !== undefined && { detailType }),
    ...(id !== undefined && { id }),
    ...(named !== undefined && name !== undefined && { [named.as]: name }),
  };
}

/** SNS gives a function one message at a time: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
function topicSignal(notice: unknown): Signal {
  const id = textAt(notice, "MessageId");
  const budget = noticedBudget(textAt(notice, "Subject") ?? "", textAt(notice, "Message", MOST_OF_A_NOTICE) ?? "");
  return { source: BY_TOPIC, ...(id !== undefined && { id }), ...(budget !== undefined && { budget }) };
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;

function textAt(value: unknown, key: string, most = MOST_CHARACTERS): string | undefined {
  const text = fieldOf(value, key);
  return typeof text === "string" ? text.slice(0, most) : undefined;
}
