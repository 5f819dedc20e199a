/** The part of an SDK client that lets a test answer in AWS's place. */
interface Client<Input extends object, Output extends object> {
  readonly middlewareStack: {
    add(
      middleware: (
        next: unknown,
        context: { readonly commandName?: string },
      ) => (args: { readonly input: Input }) => Promise<{ readonly response: unknown; readonly output: Output }>,
      options: { readonly step: "initialize"; readonly priority: "high"; readonly name: string },
    ): void;
  };
}

export interface Sent<Input> {
  readonly command: string;
  readonly input: Input;
}

/** Answers every command of a client by a function, and records what was sent. A throw is what AWS refused. */
export function scripted<Input extends object, Output extends object>(
  client: Client<Input, Output>,
  answer: (command: string, input: Input) => Output | Promise<Output>,
): Sent<Input>[] {
  const sent: Sent<Input>[] = [];
  client.middlewareStack.add(
    (_next, context) =>
      async ({ input }) => {
        const command = (context.commandName ?? "").replace(/Command$/, "");
        sent.push({ command, input });
        return { response: undefined, output: await answer(command, input) };
      },
    { step: "initialize", priority: "high", name: "scripted" },
  );
  return sent;
}
