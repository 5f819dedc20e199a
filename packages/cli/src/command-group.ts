import type { Command } from "commander";

/** The command that holds subcommands of one name, such as `limits`, whichever of them comes first. */
export function commandGroup(program: Command, name: string, description: string): Command {
  return program.commands.find((command) => command.name() === name) ?? program.command(name).description(description);
}
