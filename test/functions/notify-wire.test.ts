import { readFileSync } from "node:fs";
import path from "node:path";
import { readNotifierEnvironment } from "@bedrock-governor/functions/environment";
import { createNotifyHandler } from "@bedrock-governor/functions/notify-handler";
import { wireNotifier } from "@bedrock-governor/functions/wire";
import { afterEach, describe, expect, it, vi } from "vitest";
import { lambdaContext } from "../support/lambda-context.ts";
import { captureOutput } from "./output.ts";

const output = captureOutput();

const ENVIRONMENT = {
  GOVERNOR_STAGE: "test",
  GOVERNOR_ACCOUNT: "111122223333",
  GOVERNOR_PARTITION: "aws",
  AWS_REGION: "eu-central-1",
  GOVERNOR_TABLE: "governor-test-TableTable",
  GOVERNOR_NOTICES_TOPIC: "arn:aws:sns:eu-central-1:111122223333:bedrock-governor-test-notices",
  GOVERNOR_CHAT_TOPIC: "arn:aws:sns:eu-central-1:111122223333:bedrock-governor-test-chat-notices",
  GOVERNOR_UNDELIVERED_QUEUE: "https://sqs.eu-central-1.amazonaws.com/111122223333/bedrock-governor-test-undelivered",
  GOVERNOR_RETENTION_DAYS: "90",
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the notifier's environment", () => {
  it("is read as it was deployed", () => {
    expect(readNotifierEnvironment(ENVIRONMENT)).toEqual({
      place: { stage: "test", account: "111122223333", partition: "aws", region: "eu-central-1" },
      table: ENVIRONMENT.GOVERNOR_TABLE,
      noticesTopic: ENVIRONMENT.GOVERNOR_NOTICES_TOPIC,
      chatTopic: ENVIRONMENT.GOVERNOR_CHAT_TOPIC,
      undeliveredQueue: ENVIRONMENT.GOVERNOR_UNDELIVERED_QUEUE,
      retentionDays: 90,
    });
  });

  it.each([
    ["GOVERNOR_NOTICES_TOPIC", "notices", "the ARN of a topic"],
    ["GOVERNOR_CHAT_TOPIC", "arn:aws:sqs:eu-central-1:111122223333:chat", "the ARN of a topic"],
    ["GOVERNOR_UNDELIVERED_QUEUE", "undelivered", "the URL of a queue"],
  ])("is refused with %s = %j", (name, text, allowed) => {
    expect(() => wireNotifier({ ...ENVIRONMENT, [name]: text })).toThrow(`it must be ${allowed}`);
  });
});

describe("the notifier as it is wired", () => {
  it("is made at once, without asking AWS anything, of one line of its own", () => {
    expect(wireNotifier(ENVIRONMENT).channels.map(({ name }) => name)).toEqual(["slack", "sns", "chat"]);
    const file = path.resolve(import.meta.dirname, "../../packages/functions/src/notify.ts");
    const statements = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("export"));
    expect(statements).toEqual(["export const handler = createNotifyHandler(wireNotifier(process.env));"]);
  });

  it("fails when nothing answers, and says of each channel why", async () => {
    // Port 9 of this machine discards, or refuses at once: either is an AWS that cannot be reached.
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    const notify = createNotifyHandler(wireNotifier(ENVIRONMENT, { sleep: async () => undefined }));
    await expect(notify({}, lambdaContext(60_000))).rejects.toThrow("notices are left for slack, sns, chat");
    expect(output.logged("a channel fails, and is tried again")).toHaveLength(3);
  });
});
