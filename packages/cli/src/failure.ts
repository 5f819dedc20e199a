/** Found something wrong, or used in a wrong way. */
export type FailureCode = 1 | 2;

/**
 * Ends a command with a sentence that says what is wrong and what to do, and an exit code: 1 if the
 * command found something wrong, 2 if it was used in a wrong way.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: FailureCode;

  constructor(sentence: string, exitCode: FailureCode, options?: ErrorOptions) {
    super(sentence, options);
    this.exitCode = exitCode;
  }
}
