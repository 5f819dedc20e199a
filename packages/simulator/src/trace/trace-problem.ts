/** Where in a trace something is wrong. */
export interface TracePlace {
  /** As it was named to the reader. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: string;
}

/** A trace that cannot be replayed. The message says in one sentence where, what is wrong, and what to do. */
export class TraceProblem extends Error {
  override readonly name = "TraceProblem";
  readonly place: TracePlace;

  constructor(place: TracePlace, what: string, options?: ErrorOptions) {
    const { file, line, column } = place;
    const where = [file, line !== undefined && `line ${line}`, column !== undefined && `column ${column}`];
    super(`${where.filter(Boolean).join(", ")}: ${what}.`, options);
    this.place = place;
  }
}

export const NOT_TEXT = "this is not a line of text; name a CSV file in UTF-8, plain or compressed with gzip";

/** Says whether a text is readable: no control characters but tabs, and no bytes that were not UTF-8. */
export function isReadable(text: string): boolean {
  return !/[^\t\P{Cc}]|\ufffd/u.test(text);
}

const SHOWN = 40;

/** A value as a message shows it: in quotes, and never long. */
export function shown(value: string): string {
  return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
}
