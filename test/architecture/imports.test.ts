import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { coreRules } from "./core-rules.ts";
import { packageRules } from "./package-rules.ts";
import { sdkRules } from "./sdk-rules.ts";
import { parseSource } from "./source-file.ts";

const root = path.resolve(import.meta.dirname, "../..");

const rules = [...packageRules, ...coreRules, ...sdkRules];
const named = rules.map((rule) => [rule.says, rule] as const);

const sources = globSync(["packages/*/**/*.{ts,mts,cts,tsx,js,mjs,cjs}", "infra/**/*.ts", "sst.config.ts"], {
  cwd: root,
  exclude: ["**/node_modules"],
}).map((file) => parseSource(file.replaceAll(path.sep, "/"), readFileSync(path.join(root, file), "utf8")));

describe("in every source file", () => {
  it.each(named)("%s", (_, { findings }) => {
    const found = sources.flatMap((file) => findings(file).map(({ line, what }) => `${file.path}:${line} ${what}`));
    expect(found).toEqual([]);
  });

  it("means every package, infra and sst.config.ts", () => {
    const packages = globSync("packages/*/src/*", { cwd: root }).map((folder) => folder.split(path.sep)[1]);
    expect(new Set(sources.map(({ home }) => home))).toEqual(new Set([...packages, "infra", "sst.config.ts"]));
  });
});

const core = "packages/core/src/limit/limit.ts";
const reconcile = "packages/core/src/reconcile/reconcile.ts";
const aws = "packages/aws/src/iam/deny-policies.ts";
const functions = "packages/functions/src/reconcile.ts";
const cli = "packages/cli/src/main.ts";
const wire = "packages/cli/src/wire.ts";
const infra = "infra/governor.ts";
const sstConfig = "sst.config.ts";

/** Each breaks the rule above it, and that one only. */
const broken: Record<string, [path: string, code: string][]> = {
  "every package has a place in the architecture": [["packages/utils/src/a.ts", `export const a = 1;`]],
  "packages import only packages further in": [
    [aws, `import { a } from "@bedrock-governor/cli/a";`],
    [aws, `import type { A } from "@bedrock-governor/notices/a";`],
    [aws, `export { a } from "@bedrock-governor/functions/a";`],
    [aws, `export * from "@bedrock-governor/simulator/a";`],
    [aws, `type A = import("@bedrock-governor/console/a").A;`],
    [aws, `const a = await import("@bedrock-governor/cli/a");`],
    [cli, `import { handler } from "@bedrock-governor/functions/notify";`],
    [functions, `import { account } from "@bedrock-governor/simulator/account";`],
    ["packages/simulator/src/a.ts", `import { a } from "@bedrock-governor/aws/a";`],
  ],
  "a relative import stays in its own package, and no import names a place on the disk or is computed": [
    [core, `import a from "../../../aws/src/a.ts";`],
    [cli, `import a from "../../cli-other/src/a.ts";`],
    [cli, `import a from "/srv/a.ts";`],
    [cli, `import a from "file:///srv/a.ts";`],
    [cli, `const a = await import(name);`],
    [infra, `import { permissions } from "../packages/aws/src/iam/deny-policies.ts";`],
  ],
  "middy and Lambda's event types appear only in functions": [
    [aws, `import middy from "@middy/core";`],
    [cli, `import type { SNSEvent } from "aws-lambda";`],
  ],
  "infra imports itself, and of the packages only the permissions that adapters declare": [
    [infra, `import { denyPolicies } from "@bedrock-governor/aws/iam/deny-policies";`],
    [infra, `import { permissions, denyPolicies } from "@bedrock-governor/aws/iam/deny-policies";`],
    [infra, `import { createPermissions } from "@bedrock-governor/core/policy/permissions";`],
    [infra, `import "@bedrock-governor/aws/iam/deny-policies";`],
    [infra, `import * as iam from "@bedrock-governor/aws/iam/deny-policies";`],
    [infra, `import { permissions } from "@bedrock-governor/core/policy/permissions";`],
    [infra, `import { readFileSync } from "node:fs";`],
  ],
  "sst.config.ts imports infra and nothing else": [
    [sstConfig, `const { table } = await import("./packages/aws/src/table.ts");`],
    [sstConfig, `import { z } from "zod";`],
  ],
  "no package has a barrel": [
    ["packages/core/src/index.ts", `export {};`],
    ["packages/core/src/limit/index.ts", `export {};`],
  ],
  "core imports itself, its three value libraries, and of Node only createHash": [
    [core, `import { readFileSync } from "node:fs";`],
    [core, `import { randomUUID } from "node:crypto";`],
    [core, `import "node:crypto";`],
    [core, `import * as crypto from "node:crypto";`],
    [core, `import { createHash, randomUUID } from "node:crypto";`],
    [core, `import flatqueue from "flatqueue";`],
    [core, `import a from "zodiac";`],
    [reconcile, `import { scheduler } from "node:timers/promises";`],
  ],
  "core is synchronous outside reconcile/": [
    [core, `export async function f() {}`],
    [core, `export const f = async () => {};`],
    [core, `export const o = { async f() {} };`],
    [core, `await f();`],
    [core, `for await (const a of b) f(a);`],
    [core, `export declare function f(): Promise<void>;`],
    [core, `export const f = () => Promise.resolve(1);`],
    [core, `export interface Port { read(): AsyncIterable<string> }`],
    ["packages/core/src/reconciler.ts", `await f();`],
  ],
  "core reads no clock and no environment, and prints nothing": [
    [core, `const now = Date.now();`],
    [core, `const now = new Date();`],
    [core, `const now = Date();`],
    [core, `const now = Temporal.Now.instant();`],
    [core, `const now = performance.now();`],
    [core, `const stage = process.env.STAGE;`],
    [core, `const { env } = process;`],
    [core, `const stage = globalThis.process;`],
    [core, `console.log(1);`],
    [reconcile, `setTimeout(f, 1000);`],
  ],
  "the AWS SDK appears only in aws, and its clients where they are made": [
    [functions, `import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";`],
    [cli, `import type { IAMClient } from "@aws-sdk/client-iam";`],
    [wire, `import { IAMClient, NoSuchEntityException } from "@aws-sdk/client-iam";`],
    [wire, `import { ListRolesCommand as ListRoles } from "@aws-sdk/client-iam";`],
  ],
  "SDK clients are made only in a composition root": [
    [aws, `import { IAMClient } from "@aws-sdk/client-iam"; const iam = new IAMClient({});`],
    [aws, `import { IAMClient as Client } from "@aws-sdk/client-iam"; const iam = new Client({});`],
    [aws, `import { IAM } from "@aws-sdk/client-iam"; const iam = new IAM();`],
    [aws, `import * as sdk from "@aws-sdk/client-iam"; const iam = new sdk.IAMClient({});`],
    [aws, `import { DynamoDBDocumentClient as C } from "@aws-sdk/lib-dynamodb"; const db = C.from(client);`],
  ],
};

const allowed: [path: string, code: string][] = [
  [
    core,
    `import { z } from "zod"; import { nearest } from "./nearest.ts"; import { Temporal } from "temporal-polyfill";`,
  ],
  [core, `import { calcPrice } from "@pydantic/genai-prices"; import { createHash } from "node:crypto";`],
  [core, `import type { ModelId } from "@bedrock-governor/core/model/model-id";`],
  [core, `const at = new Date(0); const o = { process: 1, console() {} }; f(o.process, o.console());`],
  [reconcile, `export async function reconcile(ports: Ports): Promise<Report> { await ports.read(); }`],
  [aws, `import { IAMClient, ListRolesCommand } from "@aws-sdk/client-iam"; new ListRolesCommand({});`],
  [aws, `import { type Limit } from "@bedrock-governor/core/limit/limit"; const set = Array.from(limits);`],
  [functions, `import middy from "@middy/core"; import type { SNSEvent } from "aws-lambda";`],
  [functions, `import { denyPolicies } from "@bedrock-governor/aws/iam/deny-policies";`],
  [cli, `import { account } from "@bedrock-governor/simulator/account"; console.log(Date.now(), process.env.HOME);`],
  [wire, `import { IAMClient } from "@aws-sdk/client-iam"; export const iam = new IAMClient({});`],
  [
    infra,
    `import { table } from "./storage.ts"; import { permissions as iam, accessPermissions } from "@bedrock-governor/aws/iam/a";`,
  ],
  [sstConfig, `const { outputs } = await import("./infra/index.ts");`],
];

/** The rules that a file breaks. */
const brokenBy = (file: string, code: string) => {
  const source = parseSource(file, code);
  return rules.filter(({ findings }) => findings(source).length > 0).map(({ says }) => says);
};

describe("the rules", () => {
  it.each(named)("notice what breaks: %s", (says) => {
    expect(broken[says]).not.toHaveLength(0);
    for (const [file, code] of broken[says] ?? []) expect(brokenBy(file, code), `${file}: ${code}`).toEqual([says]);
  });

  it.each(allowed)("let pass, in %s: %s", (file, code) => {
    expect(brokenBy(file, code)).toEqual([]);
  });
});
