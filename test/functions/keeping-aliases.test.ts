import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import { keepingAliases } from "@bedrock-governor/functions/keeping-aliases";
import { describe, expect, it } from "vitest";

const PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc";
const catalogueOf = (aliases: ReadonlyMap<string, string>): Catalogue => ({
  models: [],
  aliases,
  otherArns: new Map(),
});

function scene() {
  const found: { catalogue: Catalogue | undefined; broken: boolean } = {
    catalogue: catalogueOf(new Map([[PROFILE, "amazon.nova-pro-v1:0"]])),
    broken: false,
  };
  const table = new Map<string, string>();
  const asked: string[] = [];
  const warnings: string[] = [];
  const memory = {
    async recall() {
      asked.push("recall");
      if (found.broken) throw new Error("the table is out of order");
      return table;
    },
    async keep(aliases: ReadonlyMap<string, string>) {
      asked.push("keep");
      for (const [alias, model] of aliases) table.set(alias, model);
    },
  };
  const { read } = keepingAliases({ read: async () => found.catalogue }, memory, (text) => warnings.push(text));
  return { found, table, asked, warnings, read };
}

describe("a catalogue that keeps its aliases", () => {
  it("keeps them when it is read, whoever asks for usage", async () => {
    const { found, table, read } = scene();
    expect(await read()).toBe(found.catalogue);
    expect([...table]).toEqual([[PROFILE, "amazon.nova-pro-v1:0"]]);
  });

  it("asks the table for nothing as long as the catalogue is the same", async () => {
    const { found, asked, read } = scene();
    await read();
    await read();
    expect(asked).toEqual(["recall", "keep"]);
    found.catalogue = catalogueOf(new Map([["another", "amazon.nova-lite-v1:0"]]));
    await read();
    expect(asked).toEqual(["recall", "keep", "keep"]);
  });

  it("keeps nothing of a catalogue that could not be read", async () => {
    const { found, asked, read } = scene();
    found.catalogue = undefined;
    expect(await read()).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("is read even if they cannot be kept, says so, and keeps them the next time", async () => {
    const { found, table, warnings, read } = scene();
    found.broken = true;
    expect(await read()).toBe(found.catalogue);
    expect(warnings).toEqual(["aliases of models could not be kept for meters: the table is out of order"]);
    found.broken = false;
    await read();
    expect(table.size).toBe(1);
  });
});
