import {
  BedrockClient,
  type InferenceProfileSummary,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from "@aws-sdk/client-bedrock";
import { createCatalogue, permissions } from "@bedrock-governor/aws/bedrock/catalogue";
import { resolveModel } from "@bedrock-governor/core/model/catalogue";
import { denyDocument } from "@bedrock-governor/core/policy/deny-document";
import { describe, expect, it } from "vitest";
import { describeCataloguePort } from "../../contract/catalogue-port.ts";
import { scripted } from "../cloudwatch/scripted.ts";

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
const NOVA = "amazon.nova-pro-v1:0";
const MINUTE = 60_000;
const foundation = (model: string, region = "us-east-1") => `arn:aws:bedrock:${region}::foundation-model/${model}`;
const own = (tail: string, region = "us-east-1") => `arn:aws:bedrock:${region}:123456789012:${tail}`;

const profile = (type: string, id: string, model: string): Partial<InferenceProfileSummary> => ({
  inferenceProfileId: id,
  inferenceProfileArn: own(`${type === "APPLICATION" ? "application-" : ""}inference-profile/${id}`),
  models: [{ modelArn: foundation(model, "us-west-2") }, { modelArn: foundation(model) }],
});

/** What one region has; the items of one answer are a page of two. */
const LISTS: Readonly<Record<string, { readonly key: string; readonly items: readonly object[] }>> = {
  ListFoundationModels: { key: "modelSummaries", items: [{ modelId: OPUS }, { modelId: NOVA }] },
  "ListInferenceProfiles SYSTEM_DEFINED": {
    key: "inferenceProfileSummaries",
    items: [
      profile("SYSTEM_DEFINED", `us.${OPUS}`, OPUS),
      profile("SYSTEM_DEFINED", `global.${OPUS}`, OPUS),
      profile("SYSTEM_DEFINED", `mars.${NOVA}`, NOVA),
    ],
  },
  "ListInferenceProfiles APPLICATION": {
    key: "inferenceProfileSummaries",
    items: ["p1", "p2", "p3"].map((id) => profile("APPLICATION", id, OPUS)),
  },
  ListProvisionedModelThroughputs: {
    key: "provisionedModelSummaries",
    items: [{ provisionedModelArn: own("provisioned-model/prov"), foundationModelArn: foundation(`${NOVA}:24k`) }],
  },
  ListCustomModelDeployments: {
    key: "modelDeploymentSummaries",
    items: [
      { customModelDeploymentArn: own("custom-model-deployment/d1"), modelArn: own("custom-model/c1") },
      { customModelDeploymentArn: own("custom-model-deployment/d2"), modelArn: own("custom-model/shared") },
      { customModelDeploymentArn: own("custom-model-deployment/d3"), modelArn: own("custom-model/orphan") },
    ],
  },
  ListCustomModels: {
    key: "modelSummaries",
    items: [
      { modelArn: own("custom-model/c1"), baseModelArn: foundation(NOVA) },
      { modelArn: own("custom-model/orphan") },
    ],
  },
  ListImportedModels: { key: "modelSummaries", items: [{ modelArn: own("imported-model/i1") }] },
};

function bedrock(region = "us-east-1") {
  const client = new BedrockClient({ region, credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const lists = new Map(Object.entries(LISTS));
  const failing = new Map<string, string | Error>();
  const sent = scripted<ServiceInputTypes, ServiceOutputTypes>(client, (command, input) => {
    const error = failing.get(command);
    if (error !== undefined) throw error instanceof Error ? error : Object.assign(new Error("no"), { name: error });
    if (command === "GetCustomModel") return { $metadata: {}, baseModelArn: foundation(OPUS) } as ServiceOutputTypes;
    const type = "typeEquals" in input && input.typeEquals !== undefined ? ` ${input.typeEquals}` : "";
    const { key, items } = lists.get(command + type) ?? { key: "nothing", items: [] };
    if (command === "ListFoundationModels") return { $metadata: {}, [key]: items } as ServiceOutputTypes;
    const from = "nextToken" in input ? Number(input.nextToken ?? 0) : 0;
    const nextToken = from + 2 < items.length ? String(from + 2) : undefined;
    return { $metadata: {}, [key]: items.slice(from, from + 2), nextToken } as ServiceOutputTypes;
  });
  return { client, lists, failing, sent };
}

function setUp() {
  const east = bedrock("us-east-1");
  const west = bedrock("us-west-2");
  for (const name of LISTS_OF_RESOURCES) west.lists.delete(name);
  const state = { now: Date.UTC(2026, 10, 18) };
  const warnings: string[] = [];
  const port = createCatalogue({
    clients: new Map([
      ["us-east-1", east.client],
      ["us-west-2", west.client],
    ]),
    now: () => state.now,
    warn: (text) => warnings.push(text),
  });
  return { east, west, state, port, warnings };
}
const LISTS_OF_RESOURCES = [
  "ListProvisionedModelThroughputs",
  "ListCustomModelDeployments",
  "ListCustomModels",
  "ListImportedModels",
];

describeCataloguePort("Bedrock's lists", async () => ({
  port: setUp().port,
  model: OPUS,
  aliases: ["p1", own("application-inference-profile/p3"), own("custom-model-deployment/d2")],
  otherArns: [own("custom-model-deployment/d2")],
}));

describe("the catalogue from Bedrock", () => {
  it("maps everything that can be called to a model, from every page of every list", async () => {
    const catalogue = await setUp().port.read();
    expect(catalogue?.models).toEqual([NOVA, OPUS, "custom-model-deployment/d3", "imported-model/i1"]);
    const roads = {
      [own("application-inference-profile/p3")]: OPUS,
      p3: OPUS,
      [own("provisioned-model/prov")]: NOVA,
      [own("custom-model-deployment/d1")]: NOVA,
      [own("custom-model-deployment/d2")]: OPUS,
      [own("custom-model-deployment/d3")]: "custom-model-deployment/d3",
      [own("imported-model/i1")]: "imported-model/i1",
      [`us.${OPUS}`]: OPUS,
      [`mars.${NOVA}`]: NOVA,
      [foundation(OPUS)]: OPUS,
    };
    for (const [spelling, model] of Object.entries(roads)) expect(resolveModel(spelling, catalogue)).toBe(model);
    expect(Object.fromEntries(catalogue?.otherArns ?? [])).toEqual({
      [NOVA]: [own("custom-model-deployment/d1"), own("provisioned-model/prov")],
      [OPUS]: [own("custom-model-deployment/d2")],
      "custom-model-deployment/d3": [own("custom-model-deployment/d3")],
      "imported-model/i1": [own("imported-model/i1")],
    });
  });

  it("lists nothing that a deny document would refuse", async () => {
    const catalogue = await setUp().port.read();
    const options = { partition: "aws", otherArns: catalogue?.otherArns };
    for (const model of catalogue?.models ?? []) expect(() => denyDocument([model], options)).not.toThrow();
  });

  it("tells which system profiles each region has", async () => {
    const regions = await setUp().port.regions();
    expect([...(regions?.keys() ?? [])]).toEqual(["us-east-1", "us-west-2"]);
    expect(regions?.get("us-east-1")?.profiles).toEqual([`global.${OPUS}`, `mars.${NOVA}`, `us.${OPUS}`]);
  });

  it.each(Object.keys(LISTS).map((name) => name.split(" ")[0] ?? name))(
    "is unknown when %s is unread",
    async (command) => {
      const { east, state, port } = setUp();
      east.failing.set(command, "AccessDeniedException");
      expect(await port.read()).toBeUndefined();
      expect(await port.regions()).toBeUndefined();
      east.failing.clear();
      state.now += MINUTE;
      expect(await port.read()).toBeDefined();
    },
  );

  it.each([
    ["UnknownOperationException", "no"],
    ["ValidationException", "This operation is not supported in this region"],
    ["ValidationException", "Custom model deployments are not yet available in us-west-2."],
  ])("takes what a region does not offer for an empty list: %s, %s", async (name, message) => {
    const { west, port, warnings } = setUp();
    west.failing.set("ListCustomModelDeployments", Object.assign(new Error(message), { name }));
    expect((await port.read())?.models).toContain(OPUS);
    expect([port.unread(), warnings]).toEqual([[], []]);
  });

  it("is unknown when a list was asked for in a wrong way", async () => {
    const { west, port } = setUp();
    west.failing.set(
      "ListImportedModels",
      Object.assign(new Error("maxResults is too large"), { name: "ValidationException" }),
    );
    expect(await port.read()).toBeUndefined();
    expect(port.unread()).toEqual(["ListImportedModels in us-west-2"]);
  });

  it("says once which list is unread and why, again when that is another cause, and when it is over", async () => {
    const { east, west, state, port, warnings } = setUp();
    const runs = async (times: number) => {
      for (let run = 0; run < times; run++) {
        await port.read();
        state.now += MINUTE;
      }
      return warnings.splice(0);
    };
    east.failing.set("ListCustomModelDeployments", "AccessDeniedException");
    west.failing.set("ListFoundationModels", "ThrottlingException");
    expect(await runs(3)).toEqual([
      expect.stringMatching(/^ListCustomModelDeployments in us-east-1 .*\(AccessDeniedException: no\)$/),
      expect.stringMatching(/^ListFoundationModels in us-west-2 .*\(ThrottlingException: no\)$/),
    ]);
    expect(port.unread()).toEqual(["ListCustomModelDeployments in us-east-1", "ListFoundationModels in us-west-2"]);
    west.failing.clear();
    east.failing.set("ListCustomModelDeployments", "ThrottlingException");
    expect(await runs(3)).toEqual([
      expect.stringMatching(/^ListCustomModelDeployments in us-east-1 .*\(ThrottlingException: no\)$/),
      "ListFoundationModels in us-west-2 can be read again",
    ]);
    east.failing.clear();
    expect(await runs(3)).toEqual(["ListCustomModelDeployments in us-east-1 can be read again"]);
    expect(port.unread()).toEqual([]);
  });

  it("is not asked for a second time in a run that could not read it", async () => {
    const { east, port } = setUp();
    east.failing.set("ListFoundationModels", "ThrottlingException");
    await port.read();
    const calls = east.sent.length;
    await port.regions();
    expect(east.sent).toHaveLength(calls);
  });

  it("asks again after a quarter of an hour, and holds what it read for an hour", async () => {
    const { east, state, port } = setUp();
    const first = await port.read();
    const calls = east.sent.length;
    state.now += 14 * MINUTE;
    expect(await port.read()).toBe(first);
    expect(east.sent).toHaveLength(calls);
    east.failing.set("ListFoundationModels", "ThrottlingException");
    state.now += 2 * MINUTE;
    expect(await port.read()).toBe(first);
    expect(east.sent.length).toBeGreaterThan(calls);
    state.now += 60 * MINUTE;
    expect(await port.read()).toBeUndefined();
  });

  it("is the same object while nothing changed, and another when a profile is new", async () => {
    const { east, state, port } = setUp();
    const first = await port.read();
    state.now += 20 * MINUTE;
    expect(await port.read()).toBe(first);
    east.lists.set("ListInferenceProfiles APPLICATION", {
      key: "inferenceProfileSummaries",
      items: [profile("APPLICATION", "p4", OPUS)],
    });
    state.now += 20 * MINUTE;
    expect((await port.read())?.aliases.get("p4")).toBe(OPUS);
  });

  it("asks for exactly the permissions it uses", async () => {
    const { east, port } = setUp();
    await port.read();
    const used = [...new Set(east.sent.map(({ command }) => `bedrock:${command}`))].sort();
    expect(permissions.flatMap(({ actions }) => actions).sort()).toEqual(used);
  });
});
