import { covers, overlaps } from "../model/pattern.ts";
import { parsePrincipalArn } from "../principal/principal.ts";
import type { Selector } from "../principal/selector.ts";
import type { Fault } from "./problem.ts";

const FORMS =
  '"role/<path and name>", "user/<path and name>", "sso/<permission set>/<user>", a full ARN of IAM or STS, or "*" for everyone';
const IDENTITY_CENTER_ROLE = /AWSReservedSSO_(.+?)(?:_(?:[0-9a-f]{16}|[^_]*\*))?$/;

/** Says why a text cannot stand for principals: it names none, or could never select one. */
export function whyNoSelector(text: string): Fault | undefined {
  if (text === "*") return undefined;
  return letters(text) ?? (text.startsWith("arn:") ? arn(text) : tail(text));
}

function letters(text: string): Fault | undefined {
  if (text.trim() === "") return { problem: "must name principals: it is empty", remedy: `write ${FORMS}` };
  if (text.includes("?")) {
    return {
      problem: 'holds "?", which IAM would read as any letter; the only wildcard here is "*"',
      remedy: 'write "*" or the letter',
    };
  }
  const odd = /[^!-~]/u.exec(text)?.[0];
  if (odd === undefined) return undefined;
  return {
    problem: `holds ${JSON.stringify(odd)}, which no name in IAM has`,
    remedy: "write the name as IAM lists it",
  };
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ["role", "role"],
  ["roles", "role"],
  ["user", "user"],
  ["users", "user"],
  ["sso", "sso"],
]);

function tail(text: string): Fault | undefined {
  const [kind = "", ...rest] = text.replace(/^\/+/, "").split("/");
  const name = rest.join("/");
  const meant = KINDS.get(kind.toLowerCase());
  if (meant !== undefined && text === `${meant}/${name}`)
    return meant === "sso" ? ssoUser(text, name) : named(text, name);
  return { problem: `must be ${FORMS}`, remedy: tailRemedy(kind, name, meant) };
}

function tailRemedy(kind: string, name: string, meant: string | undefined): string {
  if (meant !== undefined) return `write ${JSON.stringify(`${meant}/${name === "" ? "*" : name}`)}`;
  if (kind === "assumed-role") return `write ${JSON.stringify(`role/${name.split("/")[0] || "*"}`)}`;
  if (kind === "group") return "name the group's users: a group itself calls nothing";
  const whole = name === "" ? kind : `${kind}/${name}`;
  const [one, other] = (kind.includes("@") ? ["user", "sso/*"] : ["role", "user"]).map((each) => `${each}/${whole}`);
  return `write ${JSON.stringify(one)} or ${JSON.stringify(other)}`;
}

function named(text: string, name: string): Fault | undefined {
  if (name === "" || name.endsWith("/")) {
    return {
      problem: 'ends in "/", as no name does',
      remedy: `write ${JSON.stringify(`${text}*`)} for everything under it`,
    };
  }
  return identityCenterRole(text);
}

function ssoUser(text: string, name: string): Fault | undefined {
  if (/^[^/]+\/.*[^/]$/.test(name) || name.endsWith("*")) return undefined;
  const all = name === "" ? "sso/*" : `${text.replace(/\/+$/, "")}/*`;
  return {
    problem: 'must name a permission set and a user, as in "sso/DataScience/ana@example.com"',
    remedy: `write ${JSON.stringify(all)} for all its users`,
  };
}

/** Their sessions are counted per user, and IAM lets nobody attach a policy to the role. */
function identityCenterRole(text: string): Fault | undefined {
  const set = IDENTITY_CENTER_ROLE.exec(text)?.[1];
  if (set === undefined) return undefined;
  return {
    problem: "is a role of Identity Center, whose use is counted per user",
    remedy: `write ${JSON.stringify(`sso/${set}/*`)}`,
  };
}

function arn(text: string): Fault | undefined {
  const [, service, account, resource = ""] = /^arn:[^:]+:(iam|sts|\*)::([^:]*):(.+)$/.exec(text) ?? [];
  if (service === undefined || account === undefined || !/^(\d{12}|.*\*.*)$/.test(account)) {
    return {
      problem: "is not an ARN of IAM or STS with an account id",
      remedy: 'write it as in "arn:aws:iam::123456789012:role/data-science/batch", or just "role/data-science/batch"',
    };
  }
  if (resource.startsWith("assumed-role/")) return session(text, resource);
  if (/^federated-user\/(?!\*$)/.test(resource)) return federated(text);
  if (/^(role|user|federated-user)\//.test(resource)) {
    return resource.endsWith("/") ? named(text, "") : identityCenterRole(text);
  }
  if (resource === "root" || resource.includes("*")) return undefined;
  return { problem: "is the ARN of something that calls no models", remedy: `write ${FORMS}` };
}

/** A session's name is its caller's choice on any ordinary role: selecting by it would be no limit. */
function session(text: string, resource: string): Fault {
  const [, role = "*"] = resource.split("/");
  return {
    problem: "is the ARN of a session, but limits hold for the role behind it",
    remedy: `write ${JSON.stringify(parsePrincipalArn(text)?.id ?? `role/${role}`)}`,
  };
}

function federated(text: string): Fault {
  const all = `${text.slice(0, text.indexOf("federated-user/"))}federated-user/*`;
  return {
    problem: "names a federated user, whose name its caller chooses: all of an account count as one",
    remedy: `write ${JSON.stringify(all)}`,
  };
}

const isArn = (selector: Selector): boolean => selector.startsWith("arn:");

/** Whether everything `narrow` selects is certainly selected by `wide`. Tails and ARNs are not compared. */
export function surelyCovers(wide: Selector, narrow: Selector): boolean {
  return wide === "*" || (isArn(wide) === isArn(narrow) && covers(wide, narrow));
}

/** Whether both may select the same principal. */
export function mayOverlap(a: Selector, b: Selector): boolean {
  return isArn(a) !== isArn(b) || overlaps(a, b);
}
