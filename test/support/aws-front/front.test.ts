import { BedrockClient, ListFoundationModelsCommand } from "@aws-sdk/client-bedrock";
import { CloudWatchClient, ListMetricsCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, ListEventBusesCommand } from "@aws-sdk/client-eventbridge";
import { CreateUserCommand, IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DescribeParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, it } from "vitest";
import { describeWithAws, NOVA, OPUS } from "./describe-with-aws.ts";
import type { AwsFront } from "./front.ts";

/** One call of every protocol. Clients find the front by `AWS_ENDPOINT_URL`. */
const SERVICES = {
  iam: () => new IAMClient().send(new ListUsersCommand()),
  ssm: () => new SSMClient().send(new DescribeParametersCommand()),
  dynamodb: () => new DynamoDBClient().send(new ListTablesCommand()),
  monitoring: () => new CloudWatchClient().send(new ListMetricsCommand()),
  events: () => new EventBridgeClient().send(new ListEventBusesCommand()),
  logs: () => new CloudWatchLogsClient().send(new DescribeLogGroupsCommand()),
  sqs: () => new SQSClient().send(new ListQueuesCommand()),
  bedrock: () => new BedrockClient().send(new ListFoundationModelsCommand()),
  lambda: () => new LambdaClient().send(new InvokeCommand({ FunctionName: "echo", Payload: '{"to":"echo"}' })),
};
type Service = keyof typeof SERVICES;
const services = Object.keys(SERVICES) as Service[];

const call = (front: AwsFront, service: Service) => front.start("a function").run(() => SERVICES[service]());
const refusedBy = (front: AwsFront, service: Service): Promise<Error> =>
  call(front, service).then(
    () => new Error("was not refused"),
    (error: Error) => error,
  );

describeWithAws("the front before the emulator", (aws) => {
  it.each(services)("lets calls to %s through, and notes who made which", async (service) => {
    const { front } = aws();
    front.deploy("echo", async (payload) => payload);
    await call(front, service);
    expect(front.calls).toEqual([
      expect.objectContaining({ caller: "a function", service, region: "us-east-1", status: 200 }),
    ]);
    expect(front.calls[0]?.action).toMatch(/^(List|Describe|InvokeFunction)/);
  });

  it.each(services)("throttles %s in its own words, which the SDK tries again", async (service) => {
    const { front } = aws();
    front.deploy("echo", async (payload) => payload);
    const plan = front.fail(() => true, "throttled");
    await call(front, service);
    expect([plan.struck, front.calls.map(({ status }) => status)]).toEqual([true, [undefined, 200]]);
  });

  it.each(services)("denies %s in its own words, which the SDK does not try again", async (service) => {
    const { front } = aws();
    front.fail(() => true, "access denied", "always");
    expect((await refusedBy(front, service)).name).toMatch(/^AccessDenied(Exception)?$/);
    expect(front.calls).toHaveLength(1);
  });

  it("loses a question, or an answer whose call took effect", async () => {
    const { front } = aws();
    const iam = new IAMClient({ maxAttempts: 1 });
    const create = (UserName: string) =>
      front.start("a function").run(() => iam.send(new CreateUserCommand({ UserName })));
    front.fail(() => true, "timed out before");
    await expect(create("alice")).rejects.toThrow();
    front.fail(() => true, "timed out after");
    await expect(create("bob")).rejects.toThrow();
    const { Users = [] } = await iam.send(new ListUsersCommand());
    expect(Users.map(({ UserName }) => UserName)).toEqual(["bob"]);
  });

  it("leaves a question without an answer, and goes on answering others", async () => {
    const { front } = aws();
    const plan = front.fail(({ service }) => service === "iam", "hangs", "all");
    const iam = new IAMClient();
    const ask = (abortSignal: AbortSignal) =>
      front.start("a function").run(() => iam.send(new ListUsersCommand(), { abortSignal }));
    for (let time = 0; time < 2; time++) await expect(ask(AbortSignal.timeout(50))).rejects.toThrow(/abort/i);
    expect(plan.struck).toBe(true);
    expect(await call(front, "ssm")).toBeDefined();
  });

  it("kills the process that made a call, and lets nothing more of it through, but all of others", async () => {
    const { front } = aws();
    const iam = new IAMClient({ maxAttempts: 1 });
    const create = (UserName: string) => () => iam.send(new CreateUserCommand({ UserName }));
    const [process, other] = [front.start("a function"), front.start("another")];
    front.fail(() => true, "killed after");
    await expect(process.run(create("alice"))).rejects.toThrow();
    await process.killed;
    await expect(process.run(create("bob"))).rejects.toThrow();
    await other.run(create("carol"));
    const { Users = [] } = await iam.send(new ListUsersCommand());
    expect(Users.map(({ UserName }) => UserName)).toEqual(["alice", "carol"]);
  });

  it("gives a function's failure as Lambda does", async () => {
    const { front } = aws();
    front.deploy("echo", async () => {
      throw new RangeError("no");
    });
    const { FunctionError, Payload } = await new LambdaClient().send(
      new InvokeCommand({ FunctionName: "echo", Payload: "{}" }),
    );
    expect([FunctionError, JSON.parse(Payload?.transformToString() ?? "")]).toEqual([
      "Unhandled",
      { errorType: "RangeError", errorMessage: "no" },
    ]);
  });

  it("lists Bedrock's models, which the emulator does not", async () => {
    const { modelSummaries = [] } = await new BedrockClient().send(new ListFoundationModelsCommand());
    expect(modelSummaries.map(({ modelId }) => modelId)).toEqual([OPUS, NOVA]);
  });

  it("reads what is asked for in any protocol", async () => {
    const { front } = aws();
    const datum = { MetricName: "used", Value: 1.5, Timestamp: new Date(0), Dimensions: [{ Name: "a", Value: "é" }] };
    await front
      .start("a function")
      .run(() => new CloudWatchClient().send(new PutMetricDataCommand({ Namespace: "test", MetricData: [datum] })));
    expect(front.calls[0]?.input).toMatchObject({
      Namespace: "test",
      MetricData: [{ ...datum, Timestamp: expect.any(Number) }],
    });
  });
});
