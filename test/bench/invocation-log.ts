/** How the records of a benchmark look. */
export interface LogShape {
  readonly records: number;
  /** Characters of prompt and answer together; 0 for records without bodies. */
  readonly bodyBytes: number;
  /** Only every second record has bodies. */
  readonly everySecond?: true;
  readonly principals: number;
}

const MODELS = [
  "us.anthropic.claude-opus-4-5-20251101-v1:0",
  "global.anthropic.claude-haiku-4-5-20251001-v1:0",
  "anthropic.claude-sonnet-4-20250514-v1:0",
  "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-pro-v1:0",
];
const START = Date.UTC(2026, 0, 5);
const PROSE = 'The "limit" of a model is what nobody may cross.\nA budget — said in tokens — is spent by 3 o\'clock. ';

/** Messages of the invocation log as Bedrock writes them, each with an id of its own. */
export function* logMessages({ records, bodyBytes, everySecond, principals }: LogShape): Generator<string> {
  const half = PROSE.repeat(Math.ceil(bodyBytes / 2 / PROSE.length)).slice(0, bodyBytes / 2);
  const asked = { messages: [{ role: "user", content: [{ text: half }] }], inferenceConfig: { maxTokens: 4096 } };
  const answered = {
    output: { message: { role: "assistant", content: [{ text: half }] } },
    stopReason: "end_turn",
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  };
  for (let i = 0; i < records; i++) {
    const hasBody = bodyBytes > 0 && (i % 2 === 1 || everySecond === undefined);
    yield JSON.stringify({
      timestamp: `${new Date(START + i * 40).toISOString().slice(0, 19)}Z`,
      accountId: "111122223333",
      region: "us-east-1",
      requestId: requestId(i),
      operation: "Converse",
      modelId: MODELS[i % MODELS.length],
      input: {
        inputContentType: "application/json",
        ...(hasBody && { inputBodyJson: asked }),
        inputTokenCount: 100 + (i % 1000),
        cacheReadInputTokenCount: i % 3 === 0 ? 20_000 : 0,
        cacheWriteInputTokenCount: i % 30 === 0 ? 5_000 : 0,
      },
      output: {
        outputContentType: "application/json",
        ...(hasBody && { outputBodyJson: answered }),
        outputTokenCount: i % 800,
      },
      identity: { arn: `arn:aws:sts::111122223333:assumed-role/service-${i % principals}/session-${i % 997}` },
      schemaType: "ModelInvocationLog",
      schemaVersion: "1.0",
    });
  }
}

/** As a UUID looks, and spread like one. */
function requestId(number: number): string {
  const hex = (seed: number) => (Math.imul(number + 1, seed) >>> 0).toString(16).padStart(8, "0");
  const [a, b, c] = [hex(0x9e3779b1), hex(0x85ebca6b), hex(0xc2b2ae35)];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(0, 3)}-${c.slice(3)}${number.toString(16).padStart(7, "0")}`;
}
