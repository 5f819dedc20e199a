import type { Variables } from "@bedrock-governor/functions/environment";

/** What a deployed stage gives its reconciler; the other functions get a part of it. */
export const ENVIRONMENT: Variables = {
  GOVERNOR_STAGE: "test",
  GOVERNOR_ACCOUNT: "111122223333",
  GOVERNOR_PARTITION: "aws",
  AWS_REGION: "eu-central-1",
  GOVERNOR_REGIONS: "eu-central-1,us-east-1",
  GOVERNOR_TABLE: "governor-test-TableTable",
  GOVERNOR_BUS: "bedrock-governor-test",
  GOVERNOR_ENFORCEMENT: "on",
  GOVERNOR_PUBLISHER: "bedrock-governor-test-publish",
  GOVERNOR_PROTECTED_PRINCIPALS: '["arn:aws:iam::111122223333:role/bedrock-governor/*"]',
  GOVERNOR_GOVERNED_PRINCIPALS: '["arn:aws:iam::111122223333:role/team/*"]',
  GOVERNOR_RETENTION_DAYS: "90",
  GOVERNOR_HOME_REGION: "us-east-1",
  GOVERNOR_REPLAY_QUEUE: "https://sqs.eu-central-1.amazonaws.com/111122223333/governor-test-replay",
  GOVERNOR_LOG_GROUP: "/bedrock-governor/test/invocations",
  GOVERNOR_LOGGING_ROLE: "arn:aws:iam::111122223333:role/bedrock-governor/test/logging",
  GOVERNOR_HELP_SLUG: "ask-in-ai-help",
  GOVERNOR_NOTICES_TOPIC: "arn:aws:sns:eu-central-1:111122223333:bedrock-governor-test-notices",
  GOVERNOR_CHAT_TOPIC: "arn:aws:sns:eu-central-1:111122223333:bedrock-governor-test-chat-notices",
  GOVERNOR_UNDELIVERED_QUEUE: "https://sqs.eu-central-1.amazonaws.com/111122223333/governor-test-undelivered",
};
