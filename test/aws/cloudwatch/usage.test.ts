import type { AliasMemory } from "@bedrock-governor/aws/cloudwatch/spellings";
import { permissions } from "@bedrock-governor/aws/cloudwatch/usage";
import { EVERYONE } from "@bedrock-governor/core/usage/usage-table";
import { describe, expect, it } from "vitest";
import { amounts, call, DAY, HOUR, MINUTE, NOVA, OPUS, regionCatalogue, setUp, TODAY } from "./setup.ts";

const AT = DAY + 9 * HOUR;
const ARN = `arn:aws:bedrock:us-east-1::foundation-model/${OPUS}`;
const ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012";
const DEPLOYMENT = `${ACCOUNT}:custom-model-deployment/dep1`;
const PROVISIONED = `${ACCOUNT}:provisioned-model/prov1`;
const aliases = new Map(
  ["profile1", `${ACCOUNT}:application-inference-profile/profile1`, DEPLOYMENT, "dep1", PROVISIONED, "prov1"].map(
    (spelling) => [spelling, OPUS],
  ),
);
const withAliases = { "us-east-1": regionCatalogue([NOVA, OPUS], ["us", "global"], { aliases }) };

describe("usage from CloudWatch", () => {
  it("counts every road's spelling of a model once, named or by a pattern", async () => {
    for (const models of [[OPUS], ["*"], ["anthropic.*", OPUS]]) {
      const { cloud, ask } = setUp({ regions: withAliases });
      const roads = [OPUS, `us.${OPUS}`, `global.${OPUS}`, "profile1", DEPLOYMENT, PROVISIONED, ARN];
      for (const [place, id] of roads.entries()) call(cloud, id, AT, 10 ** place);
      const mantle = { namespace: "AWS/BedrockMantle", dimensions: { Model: "anthropic.claude-opus-4-5" }, at: AT };
      cloud.put({ ...mantle, metric: "Inferences", value: 1 }, { ...mantle, metric: "TotalInputTokens", value: 1e7 });
      expect(amounts(await ask("inputTokens", models))).toEqual({ [OPUS]: 11_111_111 });
    }
  });

  it("asks for no metric twice in a run, however many limits want it", async () => {
    const { cloud, port } = setUp({ regions: withAliases });
    call(cloud, OPUS, AT, 5);
    const spans = [
      TODAY,
      { start: DAY + 9 * HOUR, end: DAY + 24 * HOUR },
      { start: DAY - 17 * 24 * HOUR, end: TODAY.end },
    ];
    const measures = ["totalTokens", "usd", "invocations", "inputTokens"] as const;
    const queries = spans.flatMap((span) =>
      measures.map((measure) => ({ source: "metrics" as const, measure, models: ["*", OPUS], span })),
    );
    const readings = await port.read(queries);
    expect(readings.every(({ status }) => status === "known")).toBe(true);
    const asked = cloud.asked();
    expect(asked).toHaveLength(new Set(asked).size);
    expect(asked.filter((one) => one.endsWith(` ${OPUS}`)).sort()).toEqual(
      [
        "CacheReadInputTokens",
        "CacheWriteInputTokens",
        "InputTokenCount",
        "Invocations",
        "OutputImageCount",
        "OutputTokenCount",
      ].map((metric) => `${metric} ${OPUS}`),
    );
  });

  it("leaves out series with more dimensions, which show the same calls again", async () => {
    const { cloud, ask } = setUp();
    call(cloud, OPUS, AT, 5);
    const point = { at: AT, metric: "Invocations", value: 1 };
    cloud.put({ ...point, dimensions: { ModelId: OPUS, ServiceTier: "default", ResolvedServiceTier: "default" } });
    cloud.put({ ...point, dimensions: { ModelId: OPUS, ImageSize: "1024x1024", BucketedStepSize: "50" } });
    cloud.put({ ...point, dimensions: { ModelId: "only.in-tiers-v1:0", ServiceTier: "flex" } });
    expect(amounts(await ask("invocations"))).toEqual({ [OPUS]: 1 });
  });

  it("reads mantle at the level of models alone", async () => {
    const { cloud, ask } = setUp();
    const point = { namespace: "AWS/BedrockMantle", at: AT };
    const levels = [{}, { Model: "amazon.nova-pro" }, { Project: "p" }, { Project: "p", Model: "amazon.nova-pro" }];
    for (const dimensions of levels) {
      cloud.put({ ...point, dimensions, metric: "Inferences", value: 1 });
      cloud.put({ ...point, dimensions, metric: "TotalInputTokens", value: 30 });
      cloud.put({ ...point, dimensions, metric: "TotalOutputTokens", value: 4 });
    }
    expect(amounts(await ask("totalTokens"))).toEqual({ [NOVA]: 34 });
    expect(amounts(await ask("invocations", [NOVA]))).toEqual({ [NOVA]: 1 });
    expect(amounts(await ask("cacheReadTokens", [NOVA]))).toEqual({ [NOVA]: 0 });
  });

  it("adds up the four kinds of tokens, and prices each spelling by itself", async () => {
    const { cloud, ask } = setUp({
      prices: [{ name: "a", models: [NOVA], price: { perMillion: { totalTokens: 2 } } }],
    });
    const metrics = ["InputTokenCount", "OutputTokenCount", "CacheReadInputTokens", "CacheWriteInputTokens"];
    call(cloud, NOVA, AT);
    for (const metric of metrics) cloud.put({ metric, dimensions: { ModelId: NOVA }, at: AT, value: 250_000 });
    expect(amounts(await ask("totalTokens"))).toEqual({ [NOVA]: 1_000_000 });
    expect(amounts(await ask("usd"))).toEqual({ [NOVA]: 2 });
    call(cloud, OPUS, AT, 1_000_000);
    const regional = amounts(await setUpWith(`us.${OPUS}`).ask("usd"));
    const global = amounts(await setUpWith(`global.${OPUS}`).ask("usd"));
    expect((regional[OPUS] ?? 0) / (global[OPUS] ?? 0)).toBeCloseTo(1.1);
  });
  const setUpWith = (spelling: string) => {
    const account = setUp();
    call(account.cloud, spelling, AT, 1_000_000);
    return account;
  };

  it("does not take an image for free", async () => {
    const { cloud, ask } = setUp();
    call(cloud, "amazon.nova-canvas-v1:0", AT);
    cloud.put({ metric: "OutputImageCount", dimensions: { ModelId: "amazon.nova-canvas-v1:0" }, at: AT, value: 3 });
    expect(amounts(await ask("images"))).toEqual({ "amazon.nova-canvas-v1:0": 3 });
    expect(amounts(await ask("usd"))).toEqual({ "amazon.nova-canvas-v1:0": Number.NaN });
  });
  it("knows a 0 where CloudWatch is complete and has no point", async () => {
    const { ask } = setUp();
    expect(await ask("totalTokens", [OPUS])).toMatchObject({ status: "known", table: { principals: [EVERYONE] } });
    expect(amounts(await setUp().ask("totalTokens", [OPUS]))).toEqual({ [OPUS]: 0 });
  });

  it.each(["PartialData", "InternalError", "Forbidden", "missing"] as const)(
    "leaves a model unknown, and no other, of which CloudWatch says %s",
    async (status) => {
      const { clouds, ask } = setUp({
        regions: { "us-east-1": regionCatalogue([NOVA, OPUS]), "eu-west-1": regionCatalogue([NOVA, OPUS], ["eu"]) },
      });
      for (const cloud of clouds.values()) {
        call(cloud, NOVA, AT, 7);
        call(cloud, OPUS, AT, 7);
      }
      clouds.get("eu-west-1")?.statuses.set(OPUS, status);
      const reading = await ask("inputTokens");
      expect(amounts(reading)).toEqual({ [NOVA]: 14, [OPUS]: Number.NaN });
      expect(reading.status === "known" && reading.table.gap).toContain(`${OPUS} in eu-west-1`);
    },
  );

  it("leaves only the measures unknown that need what is unread", async () => {
    const { cloud, port } = setUp();
    call(cloud, OPUS, AT, 5);
    cloud.statuses.set(`OutputTokenCount ${OPUS}`, "Forbidden");
    const measures = ["invocations", "inputTokens", "totalTokens", "usd"] as const;
    const readings = await port.read(
      measures.map((measure) => ({ source: "metrics", measure, models: ["*"], span: TODAY })),
    );
    expect(readings.map((reading) => amounts(reading)[OPUS])).toEqual([1, 5, Number.NaN, Number.NaN]);
  });

  it("leaves a named model unknown when one region does not answer", async () => {
    const { clouds, ask } = setUp({
      regions: { "us-east-1": regionCatalogue([NOVA, OPUS]), "eu-west-1": regionCatalogue([NOVA], ["eu"]) },
    });
    clouds.get("eu-west-1")?.failing.set("GetMetricData", "AccessDenied");
    expect(amounts(await ask("invocations", [NOVA, OPUS]))).toEqual({ [NOVA]: Number.NaN, [OPUS]: 0 });
  });

  it("does not know what a pattern stands for where series cannot be listed, and goes on with named models", async () => {
    const { cloud, ask } = setUp();
    call(cloud, OPUS, AT);
    cloud.failing.set("ListMetrics", "Throttling");
    expect(await ask("invocations")).toMatchObject({ status: "unknown", why: expect.stringContaining("us-east-1") });
    expect(amounts(await ask("invocations", [OPUS]))).toEqual({ [OPUS]: 1 });
    expect(amounts(await ask("invocations", ["amazon.*", OPUS]))).toEqual({ "amazon.*": Number.NaN, [OPUS]: 1 });
  });

  it("goes on with a list for a quarter of an hour", async () => {
    const { cloud, state, ask } = setUp();
    call(cloud, OPUS, AT);
    await ask("invocations");
    cloud.failing.set("ListMetrics", "Throttling");
    state.now += 14 * MINUTE;
    expect(amounts(await ask("invocations"))).toEqual({ [OPUS]: 1 });
    state.now += 2 * MINUTE;
    expect(await ask("invocations")).toMatchObject({ status: "unknown" });
  });

  it("counts a series that CloudWatch does not list any more", async () => {
    const { cloud, state, ask } = setUp();
    const id = "acme.withdrawn-v1:0";
    call(cloud, id, AT);
    await ask("invocations");
    cloud.unlisted.add(id);
    state.now += HOUR;
    expect(amounts(await ask("invocations"))).toEqual({ [id]: 1 });
  });

  it("finds what was called at the start of the month and is not listed since, without having seen it", async () => {
    const { cloud, ask } = setUp();
    const month = { start: Date.UTC(2026, 10, 1), end: Date.UTC(2026, 11, 1) };
    call(cloud, `us.${OPUS}`, month.start + HOUR);
    cloud.unlisted.add(`us.${OPUS}`);
    expect(amounts(await ask("invocations", ["anthropic.*"], month))).toEqual({ [OPUS]: 1 });
  });

  it("tries every prefix when the catalogue is unread, and is unknown when an id could be any model", async () => {
    const { cloud, ask } = setUp({ regions: "unreadable" });
    call(cloud, `jp.${OPUS}`, AT);
    cloud.unlisted.add(`jp.${OPUS}`);
    expect(amounts(await ask("invocations", [OPUS]))).toEqual({ [OPUS]: 1 });
    const { cloud: other, ask: askOther } = setUp({ regions: "unreadable" });
    call(other, "profile1", AT);
    expect(await askOther("invocations", [OPUS])).toMatchObject({
      status: "unknown",
      why: expect.stringContaining("profile1"),
    });
  });

  it("reads ids by the last catalogue while there is no other", async () => {
    const { cloud, state, ask } = setUp({ regions: withAliases });
    call(cloud, "profile1", AT);
    await ask("invocations");
    state.readable = false;
    state.now += 10 * MINUTE;
    expect(amounts(await ask("invocations", [OPUS]))).toEqual({ [OPUS]: 1 });
  });

  it("goes on counting a profile that was deleted", async () => {
    const { cloud, state, ask } = setUp({ regions: withAliases });
    call(cloud, "profile1", AT);
    await ask("invocations");
    state.catalogues = new Map([["us-east-1", regionCatalogue([NOVA, OPUS])]]);
    expect(amounts(await ask("invocations", ["anthropic.*"]))).toEqual({ [OPUS]: 1 });
  });

  it("goes on counting a profile that was deleted before it began, if an earlier process saw it", async () => {
    const kept = new Map<string, string>();
    const aliases: AliasMemory = {
      recall: async () => new Map(kept),
      keep: async (seen) => {
        for (const [alias, model] of seen) kept.set(alias, model);
      },
    };
    await setUp({ regions: withAliases, aliases }).ask("invocations");
    const { cloud, ask, warnings } = setUp({ aliases });
    call(cloud, "profile1", AT);
    expect(amounts(await ask("invocations", ["anthropic.*"]))).toEqual({ [OPUS]: 1 });
    expect(warnings).toEqual([]);
  });

  it("does not guess what an id is while what earlier processes saw is unread", async () => {
    const state = { readable: false };
    const aliases: AliasMemory = {
      recall: async () => {
        if (!state.readable) throw new Error("throttled");
        return new Map([["profile1", OPUS]]);
      },
      keep: async () => {
        if (!state.readable) throw new Error("kept before it was read");
      },
    };
    const { cloud, ask, warnings } = setUp({ aliases });
    call(cloud, "profile1", AT);
    expect(await ask("invocations", ["anthropic.*"])).toMatchObject({ status: "unknown" });
    expect(warnings).toEqual([expect.stringContaining("throttled")]);
    state.readable = true;
    expect(amounts(await ask("invocations", ["anthropic.*"]))).toEqual({ [OPUS]: 1 });
  });

  it("says once of calls to a profile deleted before anything saw it that only * and its own name count them", async () => {
    const { cloud, ask, warnings } = setUp();
    call(cloud, "profile1", AT, 5);
    call(cloud, OPUS, AT, 7);
    expect(amounts(await ask("inputTokens"))).toEqual({ profile1: 5, [OPUS]: 7 });
    expect(amounts(await ask("inputTokens", ["profile1"]))).toEqual({ profile1: 5 });
    expect(amounts(await ask("inputTokens", ["anthropic.*"]))).toEqual({ [OPUS]: 7 });
    expect(warnings).toEqual([expect.stringContaining("profile1 in us-east-1")]);
    expect(setUp({ regions: withAliases }).warnings).toEqual([]);
  });

  it("prices calls to a deleted profile by a rule for its id, and by nothing else", async () => {
    const prices = [{ name: "a", models: ["profile1"], price: { perMillion: { totalTokens: 2 } } }];
    for (const [rules, usd] of [
      [prices, 2],
      [[], Number.NaN],
    ] as const) {
      const { cloud, ask } = setUp({ prices: rules });
      call(cloud, "profile1", AT, 1_000_000);
      expect(amounts(await ask("usd"))).toEqual({ profile1: usd });
    }
  });

  it("is unknown when neither catalogue nor list tells what else there is", async () => {
    const { cloud, ask } = setUp({ regions: "unreadable" });
    cloud.failing.set("ListMetrics", "Throttling");
    expect(await ask("invocations", [OPUS])).toMatchObject({ status: "unknown" });
  });

  it("counts mantle for the newest of the models that have one id there, and for no other", async () => {
    const [older, newer] = [
      "anthropic.claude-3-5-sonnet-20240620-v1:0",
      "anthropic.claude-3-5-sonnet-20241022-v2:0",
    ] as const;
    const { cloud, ask } = setUp({ regions: { "us-east-1": regionCatalogue([older, newer]) } });
    const point = { namespace: "AWS/BedrockMantle", dimensions: { Model: "anthropic.claude-3-5-sonnet" }, at: AT };
    cloud.put({ ...point, metric: "Inferences", value: 1 });
    expect(amounts(await ask("invocations", [older, newer]))).toEqual({ [older]: 0, [newer]: 1 });
    expect(amounts(await ask("invocations", [older]))).toEqual({ [older]: 0 });
    expect(amounts(await ask("invocations"))).toEqual({ [newer]: 1 });
  });

  it("prices mantle as the model, and needs the catalogue only for patterns", async () => {
    const price = { name: "a", models: [OPUS], price: { perMillion: { totalTokens: 2 } } };
    for (const regions of [{ "us-east-1": regionCatalogue([OPUS]) }, "unreadable"] as const) {
      const { cloud, ask } = setUp({ prices: [price], regions });
      const point = { namespace: "AWS/BedrockMantle", dimensions: { Model: "anthropic.claude-opus-4-5" }, at: AT };
      cloud.put({ ...point, metric: "Inferences", value: 1 }, { ...point, metric: "TotalInputTokens", value: 1e6 });
      expect(amounts(await ask("usd", [OPUS]))).toEqual({ [OPUS]: 2 });
      expect(await ask("usd", ["anthropic.*"])).toMatchObject({
        status: regions === "unreadable" ? "unknown" : "known",
      });
    }
  });

  it("looks for a model in every region that has a profile of it, listed or not", async () => {
    const { clouds, ask } = setUp({
      regions: {
        "us-east-1": regionCatalogue([OPUS]),
        "eu-west-1": regionCatalogue([], [], { profiles: [`eu.${OPUS}`] }),
      },
    });
    const europe = clouds.get("eu-west-1");
    const point = { namespace: "AWS/BedrockMantle", dimensions: { Model: "anthropic.claude-opus-4-5" }, at: AT };
    europe?.put({ ...point, metric: "Inferences", value: 1 });
    europe?.unlisted.add("anthropic.claude-opus-4-5");
    expect(amounts(await ask("invocations", [OPUS]))).toEqual({ [OPUS]: 1 });
  });

  it("reads further back at once when a longer span is asked", async () => {
    const { cloud, ask } = setUp();
    call(cloud, OPUS, AT, 1);
    call(cloud, OPUS, AT - 24 * HOUR, 10);
    expect(amounts(await ask("inputTokens"))).toEqual({ [OPUS]: 1 });
    const days = (count: number) => ({ start: DAY - count * 24 * HOUR, end: TODAY.end });
    expect(amounts(await ask("invocations", ["*"], days(2)))).toEqual({ [OPUS]: 2 });
    expect(amounts(await ask("inputTokens", ["*"], days(2)))).toEqual({ [OPUS]: 11 });
  });

  it("does not use old tokens while new ones are unread", async () => {
    const { cloud, state, ask } = setUp();
    call(cloud, OPUS, AT, 1);
    await ask("inputTokens");
    call(cloud, OPUS, state.now - MINUTE, 10);
    cloud.statuses.set(`InputTokenCount ${OPUS}`, "InternalError");
    state.now += MINUTE;
    expect(amounts(await ask("inputTokens"))).toEqual({ [OPUS]: Number.NaN });
    state.now += 10_000;
    expect(amounts(await ask("inputTokens"))).toEqual({ [OPUS]: Number.NaN });
    expect(amounts(await ask("outputTokens"))).toEqual({ [OPUS]: 0 });
    cloud.statuses.clear();
    expect(amounts(await ask("inputTokens"))).toEqual({ [OPUS]: 11 });
  });

  it("reads all pages, and at most 500 metrics a call", async () => {
    const models = Array.from({ length: 400 }, (_, number) => `acme.model-${number}`);
    const { cloud, ask } = setUp({ regions: { "us-east-1": regionCatalogue(models, ["us"]) } });
    cloud.pageSize = 2;
    for (let hour = 0; hour < 9; hour++) call(cloud, "acme.model-7", DAY + hour * HOUR, 100);
    expect(amounts(await ask("inputTokens", models))["acme.model-7"]).toBe(900);
    // A bare id, one profile and one mantle id each.
    const sizes = cloud.sent.flatMap(({ input }) =>
      "MetricDataQueries" in input && input.NextToken === undefined ? [input.MetricDataQueries?.length] : [],
    );
    expect(sizes).toEqual([500, 500, 200, 1]);
  });

  it("does not read budgets' spans", async () => {
    const [reading] = await setUp().port.read([{ source: "metrics", measure: "usd", models: ["*"], span: undefined }]);
    expect(reading).toMatchObject({ status: "unknown" });
  });

  it("asks for exactly the permissions it uses", async () => {
    const { cloud, ask } = setUp();
    await ask("invocations", [OPUS]);
    const used = [...new Set(cloud.sent.map(({ command }) => `cloudwatch:${command}`))].sort();
    expect(permissions.flatMap(({ actions }) => actions)).toEqual(used);
  });
});
