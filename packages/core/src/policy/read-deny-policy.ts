import type { DenySet } from "../enforcement/deny-set.ts";
import { type DenyParts, normalParts, problemOf } from "./deny-document.ts";
import { documentText, MAX_DOCUMENT } from "./deny-policies.ts";
import { policyName } from "./policy-name.ts";

/**
 * What a policy denies, if it is one that `denyPolicies` makes: under that name, with that document.
 * Undefined for anything else, whoever made it and however it differs.
 *
 * Only what stands in the document in free places is read: its models, its other ARNs, its partition and
 * stage. From these the document and the name are made anew, and they have to be the same. So an
 * Allow, another action, a duplicate key or a condition has no way through, nor has a form of
 * JSON that IAM might read differently.
 *
 * @param json the document as IAM holds it, URL-decoded. White space between its tokens does not count.
 */
export function readDenyPolicy(name: string, json: string): DenySet | undefined {
  const text = withoutWhiteSpace(json);
  if (text.length > MAX_DOCUMENT) return undefined;
  const parts = readParts(text);
  if (parts === undefined || problemOf(parts) !== undefined || documentText(parts) !== text) return undefined;
  const { members } = parts;
  const helpSlug = name.split(".").at(-2);
  const isOurs = name === policyName(members, text) || name === policyName(members, text, helpSlug);
  return isOurs ? members : undefined;
}

/** White space inside a string means something and stays. */
const withoutWhiteSpace = (json: string): string =>
  json.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, (_, string?: string) => string ?? "");

const RUNTIME =
  /^\{"Version":"2012-10-17","Statement":\[\{"Sid":"([A-Za-z0-9]*)Runtime",[^[]*\[[^\]]*\],"Resource":\["([^\]]*)"\]\}/;
const FREE = {
  model: /^arn:[^:]*:bedrock:\*::foundation-model\/(.*)$/,
  imported: /^arn:[^:]*:bedrock:\*:\*:(imported-model\/.*)$/,
  other: /^arn:[^:]*:bedrock:[^:*]+:\d{12}:/,
};

/** Whatever this reads wrongly is found out when the document is written again. */
function readParts(text: string): DenyParts | undefined {
  const [, stage, list] = RUNTIME.exec(text) ?? [];
  if (stage === undefined || list === undefined) return undefined;
  const resources = list.split('","');
  const read = (form: RegExp) => resources.flatMap((resource) => form.exec(resource)?.[1] ?? []);
  return normalParts({
    // What a pattern says of imported models stands beside it, and is no member: the pattern covers it.
    members: [...read(FREE.model), ...read(FREE.imported)],
    otherArns: resources.filter((resource) => FREE.other.test(resource)),
    partition: resources[0]?.split(":")[1] ?? "",
    stage,
  });
}
