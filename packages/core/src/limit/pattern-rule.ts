import { PROFILE_PREFIXES, parseSpelling, splitsVersion } from "../model/model-id.ts";
import type { Fault } from "./problem.ts";

const PREFIX = new RegExp(`^(${PROFILE_PREFIXES.join("|")})\\.`);
const LONGEST = 256;
const WRITE_IT_BARE = "a limit counts a model under every spelling and names it by its bare id";

/**
 * Says why a text cannot stand for models: it names none, or it names them in a way that silently
 * counts nothing. Canonical ids and patterns of them pass.
 */
export function whyNoPattern(text: string): Fault | undefined {
  return spelling(text) ?? letters(text) ?? form(text);
}

function spelling(text: string): Fault | undefined {
  if (text.startsWith("arn:")) return arn(text);
  const prefix = PREFIX.exec(text)?.[0];
  if (prefix === undefined) return undefined;
  const bare = text.slice(prefix.length);
  const remedy = bare === "" ? 'write its bare id, or "*" for every model' : `write ${JSON.stringify(bare)}`;
  return { problem: `has the prefix "${prefix}" of an inference profile, but ${WRITE_IT_BARE}`, remedy };
}

function arn(text: string): Fault {
  const parsed = parseSpelling(text);
  if (parsed.kind === "model") {
    return { problem: `is an ARN, but ${WRITE_IT_BARE}`, remedy: `write ${JSON.stringify(parsed.model)}` };
  }
  return {
    problem: `is an ARN that does not say which model is behind it, but ${WRITE_IT_BARE}`,
    remedy: "write the id of the model it calls",
  };
}

function letters(text: string): Fault | undefined {
  if (text.trim() === "")
    return { problem: "must name a model: it is empty", remedy: 'write an id, or "*" for every model' };
  if (text.length > LONGEST) {
    return {
      problem: `is longer than ${LONGEST} characters, as no model id is`,
      remedy: "write the id as Bedrock lists it",
    };
  }
  if (text.includes("?")) {
    return {
      problem: 'holds "?", which IAM would read as any letter; the only wildcard here is "*"',
      remedy: 'write "*" or the letter',
    };
  }
  const odd = /[^a-zA-Z0-9._:/*-]/u.exec(text)?.[0];
  if (odd !== undefined) {
    return {
      problem: `holds ${JSON.stringify(odd)}, but model ids consist of letters, digits and . _ : / -, and patterns of "*" as well`,
      remedy: "write the id as Bedrock lists it",
    };
  }
  return undefined;
}

function form(text: string): Fault | undefined {
  if (splitsVersion(text)) {
    return {
      problem:
        'has its "*" right before a version or date, neither of which ids on bedrock-mantle have, so there it would name other models',
      remedy: `write ${JSON.stringify(withoutVersion(text))}, or whole ids`,
    };
  }
  const [, provider] = /^\*\.([a-z]+\.)/.exec(text) ?? [];
  if (provider !== undefined) {
    const remedy = `write ${JSON.stringify(text.slice(2))}, which covers every prefix`;
    return { problem: `has "*." before the provider "${provider}", so it names no bare id at all`, remedy };
  }
  return undefined;
}

/**
 * Says why a valid pattern is probably not what its writer means: it looks like no id that Bedrock
 * has. It is valid all the same, as ids are Bedrock's to choose, and a trace may name models freely.
 */
export function unlikelyPattern(text: string): Fault | undefined {
  if (text !== text.toLowerCase()) {
    return {
      problem: "holds capital letters, of which Bedrock's ids have none",
      remedy: `write ${JSON.stringify(text.toLowerCase())}`,
    };
  }
  if (text.startsWith("imported-model/") || /^[a-z0-9]*\*|^[a-z0-9-]+\./.test(text)) return undefined;
  const anywhere = `*${text.replace(/\*+$/, "")}*`;
  return {
    problem: "does not begin with a provider, as every model id does (anthropic.claude-…)",
    remedy: `write the provider and a dot before it, or ${JSON.stringify(anywhere)} for every provider`,
  };
}

/** Everything up to the `*` that stands before the date or version. */
const withoutVersion = (pattern: string): string => pattern.slice(0, pattern.lastIndexOf("*") + 1);
