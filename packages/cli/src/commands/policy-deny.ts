import { type DenySet, denySet } from "@bedrock-governor/core/enforcement/deny-set";
import { unlikelyPattern, whyNoPattern } from "@bedrock-governor/core/limit/pattern-rule";
import { covers, type Pattern } from "@bedrock-governor/core/model/pattern";
import { denyDocument } from "@bedrock-governor/core/policy/deny-document";
import { MAX_DOCUMENT } from "@bedrock-governor/core/policy/deny-policies";
import type { DenyDocument } from "@bedrock-governor/core/policy/deny-policy";
import { type Command, Option } from "commander";
import { commandGroup } from "../command-group.ts";
import { Failure } from "../failure.ts";

interface Options {
  readonly mantleId?: readonly string[];
  readonly partition: string;
}

/** `governor policy deny PATTERN…`: the policy that denies models, for someone who attaches it by hand. */
export function registerPolicyDeny(program: Command): void {
  commandGroup(program, "policy", "write IAM policies for Bedrock models")
    .command("deny")
    .summary("write the policy that denies models, offline")
    .description(
      "Prints the IAM policy that denies models on every road to them. What it closes and what not is said on stderr.",
    )
    .argument("<patterns...>", 'model ids as Bedrock lists them, and patterns of them such as "anthropic.*"')
    .addOption(
      new Option("--mantle-id <id>", "the id on bedrock-mantle, in place of those derived; may be repeated").argParser(
        (id: string, before: readonly string[] = []) => [...before, id],
      ),
    )
    .addOption(
      new Option("--partition <name>", "the AWS partition")
        .choices(["aws", "aws-us-gov", "aws-cn", "aws-eusc"])
        .default("aws"),
    )
    .option("--json", "changes nothing: the policy is JSON")
    .action(printDenyPolicy);
}

async function printDenyPolicy(patterns: readonly string[], options: Options): Promise<void> {
  for (const pattern of patterns) refuseWhatNamesNoModel(pattern);
  const set = denySet(patterns);
  const document = writeDocument(set, options);
  const size = JSON.stringify(document).length;
  if (size > MAX_DOCUMENT) {
    // Several documents would be none that `aws iam create-policy` takes.
    const sizes = `${inWords(size)} characters and IAM takes ${inWords(MAX_DOCUMENT)}`;
    throw new Failure(`The policy would have ${sizes}; ask for fewer models at a time, or for a pattern of them.`, 2);
  }
  const sentences = [
    ...unlikely(set),
    ...(await coverage(set)),
    ...leftOut(patterns, set),
    ...roads(document),
    `The policy has ${inWords(size)} of the ${inWords(MAX_DOCUMENT)} characters that IAM takes, white space not counted.`,
  ];
  process.stderr.write(sentences.map((sentence) => `${sentence}\n`).join(""));
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

function refuseWhatNamesNoModel(pattern: string): void {
  const fault = whyNoPattern(pattern);
  if (fault !== undefined) throw new Failure(`${JSON.stringify(pattern)} ${fault.problem}; ${fault.remedy}.`, 2);
}

function writeDocument(set: DenySet, { partition, mantleId }: Options): DenyDocument {
  try {
    return denyDocument(set, { partition, mantleIds: mantleId });
  } catch (error) {
    if (error instanceof RangeError)
      throw new Failure(`${error.message}; write it as Bedrock lists it.`, 2, { cause: error });
    throw error;
  }
}

const unlikely = (set: DenySet): readonly string[] =>
  set.flatMap((member) => {
    const doubt = unlikelyPattern(member);
    return doubt === undefined ? [] : [`${JSON.stringify(member)} ${doubt.problem}; ${doubt.remedy}.`];
  });

async function coverage(set: DenySet): Promise<readonly string[]> {
  const wide = set.filter((member) => member.includes("*"));
  if (wide.length === 0) return [];
  const { pricedModels } = await import("@bedrock-governor/core/model/known-models");
  return wide.map((pattern) => {
    const models = pricedModels(pattern).join(", ") || "none";
    return `${pattern} covers every model of such an id, also those still to come; in the built-in price table: ${models}.`;
  });
}

const leftOut = (patterns: readonly Pattern[], set: DenySet): readonly string[] =>
  [...new Set(patterns)]
    .filter((pattern) => !set.includes(pattern))
    .map((pattern) => `${pattern} is left out: ${set.find((member) => covers(member, pattern))} covers it.`);

function roads({ Statement }: DenyDocument): readonly string[] {
  const mantle = Statement.flatMap(({ Condition }) => Object.values(Condition?.StringLike ?? {}).flat());
  return [
    "Closed on bedrock-runtime: calls and streams in every region, directly and through geo, global and application profiles; async; batch.",
    mantle.length === 0
      ? "On bedrock-mantle nothing is denied: it serves no imported models."
      : `Closed on bedrock-mantle: ${mantle.join(", ")}. Models that differ in date or version alone share an id there; if they have other ids, name those with --mantle-id.`,
    "Open: provisioned throughput, custom models and marketplace endpoints made from these, whose ARNs only the account knows; agents, flows and knowledge bases, whose service roles need the policy themselves.",
  ];
}

const inWords = (characters: number): string => characters.toLocaleString("en-US");
