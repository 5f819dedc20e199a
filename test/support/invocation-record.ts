export const ACCOUNT = "111122223333";
export const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
export const HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0";

export const session = (role: string, name = "session-1"): string =>
  `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`;

type Fields = Readonly<Record<string, unknown>>;

/** What a test says of a record; everything else is as Bedrock writes it. A field that is undefined is left out. */
export interface RecordOptions extends Fields {
  readonly arn?: string;
}

/** A record of the invocation log, of a call with 100 input and 10 output tokens. */
export function invocationRecord({ arn = session("batch"), ...fields }: RecordOptions = {}): Fields {
  return {
    timestamp: "2026-01-05T08:00:30Z",
    accountId: ACCOUNT,
    region: "us-east-1",
    requestId: "2f6e1b0c-54a1-4d3e-9a55-0d8f6c1f7a01",
    operation: "Converse",
    modelId: OPUS,
    input: { inputContentType: "application/json", inputTokenCount: 100 },
    output: { outputContentType: "application/json", outputTokenCount: 10 },
    identity: { arn },
    schemaType: "ModelInvocationLog",
    schemaVersion: "1.0",
    ...fields,
  };
}

/** The record as one message of the log. */
export const invocationMessage = (options?: RecordOptions): string => JSON.stringify(invocationRecord(options));
