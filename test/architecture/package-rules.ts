import { posix } from "node:path";
import { type Rule, refused } from "./rule.ts";
import type { SourceFile } from "./source-file.ts";

/** Which packages a package may import, beside itself. */
const reach: Readonly<Record<string, readonly string[]>> = {
  core: [],
  aws: ["core"],
  notices: ["core"],
  simulator: ["core"],
  console: ["core"],
  functions: ["aws", "notices", "console", "core"],
  cli: ["aws", "notices", "simulator", "console", "core"],
};

const isInPackage = ({ path }: SourceFile) => path.startsWith("packages/");
const packageNamed = (from: string) => /^@bedrock-governor\/([^/]+)/.exec(from)?.[1];
const isRelative = (from: string) => from.startsWith(".");

export const packageRules: readonly Rule[] = [
  {
    says: "every package has a place in the architecture",
    findings: (file) =>
      isInPackage(file) && reach[file.home] === undefined ? [file.finding({ start: 0 }, file.home)] : [],
  },
  {
    says: "packages import only packages further in",
    findings: (file) =>
      refused(file, ({ from }) => {
        const target = packageNamed(from);
        return !isInPackage(file) || target === undefined || [file.home, ...(reach[file.home] ?? [])].includes(target);
      }),
  },
  {
    says: "a relative import stays in its own package, and no import names a place on the disk or is computed",
    findings: (file) =>
      refused(file, ({ from }) => {
        if (!isRelative(from)) return !/^(\/|file:|\(computed\)$)/.test(from);
        const root = file.path.split("/").slice(0, isInPackage(file) ? 2 : 1);
        const target = posix.join(posix.dirname(file.path), from);
        return file.home === "sst.config.ts" || target.startsWith(`${root.join("/")}/`);
      }),
  },
  {
    says: "middy and Lambda's event types appear only in functions",
    findings: (file) =>
      refused(
        file,
        ({ from }) => file.home === "functions" || !/^(@middy\/|aws-lambda$|@types\/aws-lambda$)/.test(from),
      ),
  },
  {
    says: "infra imports itself, and of the packages only the permissions that adapters declare",
    findings: (file) =>
      refused(file, ({ from, names }) => {
        const isPermissions =
          packageNamed(from) === "aws" &&
          names.every(({ exported }) => /^(permissions|[a-z]\w*Permissions)$/.test(exported));
        return file.home !== "infra" || isRelative(from) || isPermissions;
      }),
  },
  {
    says: "sst.config.ts imports infra and nothing else",
    findings: (file) => refused(file, ({ from }) => file.home !== "sst.config.ts" || /^\.\/infra(\/|$)/.test(from)),
  },
  {
    says: "no package has a barrel",
    findings: (file) =>
      isInPackage(file) && /\/index\.[cm]?[jt]sx?$/.test(file.path) ? [file.finding({ start: 0 }, file.path)] : [],
  },
];
