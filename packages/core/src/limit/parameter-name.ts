import { nearest } from "./nearest.ts";
import type { Fault } from "./problem.ts";

/** The Slack webhook's address: whoever knows it can post. Its value is never shown, and need not be readable. */
export const SECRET = "notify/slack-webhook";

const SINGLES = ["mode", "max-new-denies", "plan-approved"] as const;
const FOLDERS = ["limits", "exemptions", "denies", "resets", "prices", "notify"] as const;
const KNOWN = [...SINGLES, ...FOLDERS];
type Single = (typeof SINGLES)[number];
type Folder = (typeof FOLDERS)[number];

const isSingle = (word: string): word is Single => SINGLES.some((single) => single === word);
const isFolder = (word: string): word is Folder => FOLDERS.some((folder) => folder === word);

/**
 * Says why a parameter of this name sets nothing, although whoever wrote it surely meant it to.
 *
 * A name that resembles none known here is left alone: another release may have put it there.
 *
 * @param name without the stage's prefix.
 * @param exists whether there is a parameter of a name.
 */
export function whyIgnored(name: string, exists: (name: string) => boolean): Fault | undefined {
  const [first = "", second, third, ...more] = name.split("/");
  if (isFolder(first)) {
    if (second === undefined) return { problem: "is a folder, and sets nothing itself", remedy: inFolder(first) };
    if (first === "notify") return name === SECRET ? undefined : misspelt(SECRET);
    if (third === undefined) return undefined;
    if (first !== "limits" || more.length > 0) return tooDeep(`${first}/${second}`);
    return third === "threshold" ? whyNothingTuned(`limits/${second}`, exists) : tooDeep(`limits/${second}/threshold`);
  }
  if (isSingle(first)) return second === undefined ? undefined : tooDeep(first);
  const meant = nearest(first, KNOWN);
  return meant === undefined ? undefined : misspelt(name.replace(first, meant));
}

function whyNothingTuned(limit: string, exists: (name: string) => boolean): Fault | undefined {
  if (exists(limit)) return undefined;
  return {
    problem: `is for a limit that does not exist: there is no ${limit}`,
    remedy: "correct its name, or remove it",
  };
}

const tooDeep = (meant: string): Fault => ({
  problem: "is in no place where parameters are read",
  remedy: `write ${meant}, or remove it`,
});

const misspelt = (meant: string): Fault => ({
  problem: "is no parameter known here",
  remedy: `rename it to ${meant}, or remove it`,
});

const inFolder = (folder: Folder): string =>
  `name it ${folder === "notify" ? SECRET : `${folder}/<name>`}, or remove it`;
