import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { createLogEvents, permissions } from "@bedrock-governor/aws/logs/log-events";
import { describe, expect, it } from "vitest";
import { scriptedJson } from "../scripted-json.ts";

const query = { logGroup: "group", logStream: "stream", ids: ["1", "3"], from: 1_000, to: 3_000 };
const event = (id: string) => ({ eventId: id, timestamp: Number(id) * 1_000, message: `message ${id}` });

function setUp(pages: readonly (readonly object[])[]) {
  const { config, requests } = scriptedJson((_, count) => {
    const more = count < pages.length ? { nextToken: String(count) } : {};
    return { output: { events: pages[count - 1] ?? [], ...more } };
  });
  return { logEvents: createLogEvents({ logs: new CloudWatchLogsClient(config) }), requests };
}

describe("log events that are read back", () => {
  it("are those that were asked for, of whatever page, empty pages between", async () => {
    const { logEvents, requests } = setUp([[event("1"), event("2")], [], [event("3"), event("1")]]);
    expect(await logEvents.read(query)).toEqual([
      { id: "1", timestamp: 1_000, message: "message 1" },
      { id: "3", timestamp: 3_000, message: "message 3" },
    ]);
    expect(requests.map(({ input }) => input)).toEqual([
      { logGroupName: "group", logStreamNames: ["stream"], startTime: 1_000, endTime: 3_000 },
      expect.objectContaining({ nextToken: "1" }),
      expect.objectContaining({ nextToken: "2" }),
    ]);
  });

  it("are read no further than to the last of them", async () => {
    const { logEvents, requests } = setUp([[event("1"), event("3")], [event("4")]]);
    await logEvents.read(query);
    expect(requests).toHaveLength(1);
  });

  it("are all of them or none", async () => {
    const { logEvents } = setUp([[event("1")], [event("2")]]);
    await expect(logEvents.read(query)).rejects.toThrow("1 of 2 log events are not in stream stream of group");
  });

  it("are none if CloudWatch refuses", async () => {
    const { config } = scriptedJson(() => ({ error: "ResourceNotFoundException" }));
    const logEvents = createLogEvents({ logs: new CloudWatchLogsClient(config) });
    await expect(logEvents.read(query)).rejects.toThrow("ResourceNotFoundException");
  });

  it("need permission for exactly what is sent, on one log group", async () => {
    const { logEvents, requests } = setUp([[event("1"), event("3")]]);
    await logEvents.read(query);
    const place = { partition: "aws", account: "111122223333", region: "eu-west-1", stage: "test" };
    const arn = "arn:aws:logs:eu-west-1:111122223333:log-group:group";
    expect(permissions(place, "group")).toEqual([
      { actions: requests.map(({ operation }) => `logs:${operation}`), resources: [arn, `${arn}:*`] },
    ]);
  });
});
