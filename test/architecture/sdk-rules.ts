import type { ESTree } from "rolldown/utils";
import { type Rule, refused } from "./rule.ts";
import type { Finding, SourceFile } from "./source-file.ts";

const compositionRoots = ["packages/functions/src/wire.ts", "packages/cli/src/wire.ts"];

const isSdk = (from: string) => /^@(aws-sdk|smithy)\//.test(from);
const isCommandOrError = (name: string) => /(Command|Exception|Error)$/.test(name);

export const sdkRules: readonly Rule[] = [
  {
    says: "the AWS SDK appears only in aws, and its clients where they are made",
    findings: (file) =>
      refused(file, ({ from, names }) => {
        if (!isSdk(from) || file.home === "aws") return true;
        return compositionRoots.includes(file.path) && !names.some(({ exported }) => isCommandOrError(exported));
      }),
  },
  {
    says: "SDK clients are made only in a composition root",
    findings: (file) => (compositionRoots.includes(file.path) ? [] : clientsMade(file)),
  },
];

/** What is constructed from an SDK package, or by `from` of one of its classes, and is neither command nor error. */
function clientsMade(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const sdkNames = new Map(
    file.imports
      .filter(({ from }) => isSdk(from))
      .flatMap(({ names }) => names.map(({ exported, local }) => [local, exported] as const)),
  );
  /** The name under which the SDK exports what the code calls `X` or `sdk.X`. */
  const sdkName = (node: ESTree.Expression): string | undefined => {
    if (node.type === "Identifier") return sdkNames.get(node.name);
    if (node.type !== "MemberExpression" || node.property.type !== "Identifier") return undefined;
    return sdkName(node.object) === "*" ? node.property.name : undefined;
  };
  const note = (node: { start: number }, name: string | undefined) => {
    if (name !== undefined && !isCommandOrError(name)) findings.push(file.finding(node, name));
  };
  file.visit({
    NewExpression: (node) => note(node, sdkName(node.callee)),
    CallExpression: (node) => {
      const { callee } = node;
      if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return;
      if (callee.property.name === "from") note(node, sdkName(callee.object));
    },
  });
  return findings;
}
