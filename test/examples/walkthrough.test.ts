import { readFileSync } from "node:fs";
import path from "node:path";
import { whyIgnored } from "@bedrock-governor/core/limit/parameter-name";
import { readLimit } from "@bedrock-governor/core/limit/read-limit";
import { readMaxNewDenies } from "@bedrock-governor/core/limit/read-number";
import { readMode } from "@bedrock-governor/core/limit/read-word";
import { describe, expect, it } from "vitest";

const ROOT = path.join(import.meta.dirname, "../..");
const README = readFileSync(path.join(ROOT, "README.md"), "utf8");

/** What the README has an operator set, by parameter. */
const commands = new Map(
  [...README.matchAll(/put-parameter .*--name \/bedrock-governor\/production\/(\S+)[\s\\]+--value (\S+)/g)].map(
    ([, parameter = "", value = ""]) => [parameter, value],
  ),
);

describe("the commands of the README", () => {
  it("set parameters that there are", () => {
    const known = (name: string) => commands.has(name);
    expect([...commands.keys()].map((name) => whyIgnored(name, known))).toEqual([...commands].map(() => undefined));
    expect([...commands.keys()].sort()).toEqual([
      "limits/account-hourly-tokens",
      "max-new-denies",
      "mode",
      "notify/slack-webhook",
      "plan-approved",
    ]);
  });

  it("set a limit whose usage is read on AWS without anything switched on", () => {
    const file = commands.get("limits/account-hourly-tokens")?.replace("file://", "") ?? "";
    const limit = readLimit("account-hourly-tokens", readFileSync(path.join(ROOT, file), "utf8"));
    expect(limit).toMatchObject({ ok: true, value: { source: "metrics" } });
  });

  it("set words that are taken", () => {
    expect(readMode(commands.get("mode") ?? "")).toEqual({ ok: true, value: "enforce" });
    expect(readMaxNewDenies(commands.get("max-new-denies") ?? "")).toMatchObject({ ok: true });
  });
});
