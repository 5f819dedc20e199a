#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { registerLimitsCheck } from "./commands/limits-check.ts";
import { registerPolicyDeny } from "./commands/policy-deny.ts";
import { registerReplay } from "./commands/replay.ts";
import { registerStart } from "./commands/start.ts";
import { registerUsage } from "./commands/usage.ts";
import { Failure } from "./failure.ts";

const EXIT_CODES = "\nExit codes: 0 done, 1 found something wrong, 2 wrong usage.";

/** Commands load what they need when they run: `governor --help` is quick. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  registerStart,
  registerReplay,
  registerUsage,
  registerLimitsCheck,
  registerPolicyDeny,
];

function createProgram(): Command {
  const program = new Command("governor")
    .description("Keeps Amazon Bedrock use inside limits that IAM cannot express.")
    .version(manifest.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXIT_CODES)
    .exitOverride()
    // Said below, in one place and in one sentence.
    .configureOutput({ outputError: () => {} });
  for (const register of COMMANDS) register(program);
  return program;
}

interface Ending {
  readonly sentence?: string;
  readonly exitCode: number;
  /** Whether it is ours to mend, and where it happened of use. */
  readonly isDefect?: true;
}

function endingOf(error: unknown): Ending {
  if (error instanceof Failure) return { sentence: error.message, exitCode: error.exitCode };
  if (error instanceof CommanderError) return usageEnding(error);
  const what = error instanceof Error ? error.message : String(error);
  const sentence = `This is a defect of governor: ${what}; run it again with GOVERNOR_DEBUG=1 and report what it prints.`;
  return { sentence, exitCode: 1, isDefect: true };
}

/** Help and the version end a run by an error too; commander has printed them by now. */
function usageEnding(error: CommanderError): Ending {
  if (error.exitCode === 0) return { exitCode: 0 };
  if (error.code === "commander.help") return { exitCode: 2 };
  if (error.code === "commander.invalidArgument") {
    const sentence = error.message.replace(/^error: /, "").replace(/\. Give/, "; give");
    return { sentence: `governor: ${sentence}`, exitCode: 2 };
  }
  const [what = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const remedy =
    suggestion === undefined ? "--help shows what is allowed." : suggestion.replace(/[()]/g, "").replace(/^D/, "d");
  return { sentence: `governor: ${what}; ${remedy}`, exitCode: 2 };
}

function end(error: unknown): void {
  const { sentence, exitCode, isDefect } = endingOf(error);
  const detail = isDefect && process.env.GOVERNOR_DEBUG && error instanceof Error ? `\n${error.stack}` : "";
  if (sentence !== undefined) process.stderr.write(`${sentence.replaceAll("\n", " ")}${detail}\n`);
  process.exitCode = exitCode;
  // Whatever the command left open must not keep it running; what is written goes out first.
  process.stdout.write("", () => process.stderr.write("", () => process.exit()));
}

/** A reader that has seen enough (`| head`) is no error. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit();
  end(new Failure(`The output cannot be written (${error.code ?? error.message}); check where it goes to.`, 1));
}

process.stdout.on("error", endQuietly);
process.stderr.on("error", endQuietly);
process.on("uncaughtException", end);
await createProgram().parseAsync().catch(end);
