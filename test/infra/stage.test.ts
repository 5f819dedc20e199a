import { beforeAll, describe, expect, it } from "vitest";
import { settingsOf } from "../../infra/settings.ts";
import { synthesize } from "../support/sst-mocks.ts";

type Stage = Awaited<ReturnType<typeof synthesize>>;

const TABLE = "aws:dynamodb/table:Table";
const BUS = "aws:cloudwatch/eventBus:EventBus";

const inCloud = ({ resources }: Stage) =>
  resources
    .filter(({ custom }) => custom)
    .map(({ type }) => type)
    .sort();

describe("the production stage", () => {
  let production: Stage;
  beforeAll(async () => {
    production = await synthesize("production");
  });

  it("holds a table and an event bus, and nothing else", () => {
    expect(inCloud(production)).toEqual([BUS, TABLE]);
  });

  it("names them in its outputs, the bus by the name that is public", () => {
    expect(production.outputs).toMatchObject({
      bus: "bedrock-governor-production",
      table: expect.stringMatching(/^bedrock-governor-production-Table/),
    });
  });

  it("cannot be removed by a command, nor can its table by a call", () => {
    expect(production.app.protect).toBe(true);
    expect(production.the(TABLE).inputs).toMatchObject({ deletionProtectionEnabled: true });
  });

  it("leaves the table in the account when the stage goes", () => {
    expect(production.app.removal).toBe("retain");
    expect(production.the(TABLE).retainOnDelete).toBe(true);
  });

  it("expires rows by `expires` and can be restored to a point in time", () => {
    expect(production.the(TABLE).inputs).toMatchObject({
      hashKey: "pk",
      rangeKey: "sk",
      ttl: { attributeName: "expires", enabled: true },
      pointInTimeRecovery: { enabled: true },
    });
  });
});

describe("any other stage", () => {
  let philipp: Stage;
  beforeAll(async () => {
    philipp = await synthesize("philipp");
  });

  it("holds the same", () => {
    expect(inCloud(philipp)).toEqual([BUS, TABLE]);
    expect(philipp.the(BUS).inputs).toMatchObject({ name: "bedrock-governor-philipp" });
  });

  it("goes without a trace", () => {
    expect(philipp.app).toMatchObject({ removal: "remove", protect: false });
    expect(philipp.the(TABLE).retainOnDelete).toBe(false);
    expect(philipp.the(TABLE).inputs).toMatchObject({ deletionProtectionEnabled: false });
  });
});

describe("settings", () => {
  it.each(["production", "philipp"])("a first deploy of %s can deny nobody", (stage) => {
    expect(settingsOf(stage)).toMatchObject({ enforcement: "none", governedPrincipals: [] });
  });

  it("put the stage in the first of its regions", async () => {
    const { app } = await synthesize("philipp");
    expect(app.providers.aws.region).toBe(settingsOf("philipp").regions[0]);
  });
});
