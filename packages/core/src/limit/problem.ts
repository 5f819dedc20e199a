/**
 * What is wrong with a value an operator wrote, and what to do about it. Of what was written only numbers stand in
 * it as they are; anything else as JSON, in quotes, so that `withoutValue` finds it.
 */
export interface Fault {
  /**
   * What is wrong, naming what is allowed: the rest of a sentence whose subject is the path or, for
   * the whole, the parameter, as in "must be a number above 0". No full stop.
   */
  readonly problem: string;
  /** What to do, as in "write 100 without the quotes". No full stop. */
  readonly remedy: string;
}

/** One thing wrong with a value an operator wrote, in words. */
export interface Problem extends Fault {
  /** Where in the value, as in `steps[1].at`; empty for the whole. */
  readonly path: string;
  /** What was found there; undefined when it is missing. */
  readonly value?: unknown;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };
