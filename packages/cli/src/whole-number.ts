import { InvalidArgumentError } from "commander";

/** Reads digits and nothing else: `Number` would take "", "1e3" and "0x10" too. */
export function wholeNumber(most: number, least = 0): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}
