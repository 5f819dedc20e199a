import type { ESTree } from "rolldown/utils";
import { type Rule, refused } from "./rule.ts";
import type { Finding, SourceFile } from "./source-file.ts";

const libraries = /^(zod|temporal-polyfill|@pydantic\/genai-prices|@bedrock-governor\/core)(\/|$)/;

const isCore = ({ home }: SourceFile) => home === "core";

export const coreRules: readonly Rule[] = [
  {
    says: "core imports itself, its three value libraries, and of Node only createHash",
    findings: (file) =>
      refused(file, ({ from, names }) => {
        const isHash = from === "node:crypto" && names.every(({ exported }) => exported === "createHash");
        return !isCore(file) || from.startsWith(".") || libraries.test(from) || isHash;
      }),
  },
  {
    says: "core is synchronous outside reconcile/",
    findings: (file) => (isCore(file) && !file.path.startsWith("packages/core/src/reconcile/") ? asyncCode(file) : []),
  },
  {
    says: "core reads no clock and no environment, and prints nothing",
    findings: (file) => (isCore(file) ? surroundings(file) : []),
  },
];

const asyncTypes = /^(Promise|PromiseLike|Async(Iterable|Iterator|IterableIterator|Generator))$/;

function asyncCode(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const note = (node: { start: number }, what: string) => findings.push(file.finding(node, what));
  const noteAsync = (node: ESTree.Function | ESTree.ArrowFunctionExpression) => node.async && note(node, "async");
  file.visit({
    FunctionDeclaration: noteAsync,
    FunctionExpression: noteAsync,
    ArrowFunctionExpression: noteAsync,
    AwaitExpression: (node) => note(node, "await"),
    ForOfStatement: (node) => node.await && note(node, "for await"),
    ImportExpression: (node) => note(node, "import()"),
    Identifier: (node) => asyncTypes.test(node.name) && note(node, node.name),
  });
  return findings;
}

const surroundingGlobals = /^(console|process|globalThis|performance|setTimeout|setInterval|setImmediate|fetch)$/;
const clocks = ["Date.now", "Temporal.Now"];

function surroundings(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const note = (node: { start: number }, what: string) => findings.push(file.finding(node, what));
  /** `limit.process` and `{ process: 1 }` name a property, not Node's process. */
  const propertyNames = new Set<unknown>();
  const notePropertyName = (node: { key: unknown; computed: boolean }) => node.computed || propertyNames.add(node.key);
  const isDate = (node: ESTree.Expression) => node.type === "Identifier" && node.name === "Date";
  file.visit({
    Property: notePropertyName,
    PropertyDefinition: notePropertyName,
    MethodDefinition: notePropertyName,
    TSPropertySignature: notePropertyName,
    TSMethodSignature: notePropertyName,
    MemberExpression: (node) => {
      const { object, property } = node;
      if (!node.computed) propertyNames.add(property);
      if (object.type !== "Identifier" || property.type !== "Identifier") return;
      const name = `${object.name}.${property.name}`;
      if (clocks.includes(name)) note(node, name);
    },
    NewExpression: (node) => isDate(node.callee) && node.arguments.length === 0 && note(node, "new Date()"),
    CallExpression: (node) => isDate(node.callee) && note(node, "Date()"),
    Identifier: (node) => {
      if (surroundingGlobals.test(node.name) && !propertyNames.has(node)) note(node, node.name);
    },
  });
  return findings;
}
