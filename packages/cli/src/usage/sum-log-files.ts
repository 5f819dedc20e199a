import { accessSync, constants, statSync } from "node:fs";
import { createMetering } from "@bedrock-governor/core/metering/metering";
import { type Total, totalsOf } from "@bedrock-governor/core/metering/totals";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import { attempt } from "../attempt.ts";
import { Failure } from "../failure.ts";
import { createLineSplitter } from "./line-splitter.ts";
import { createMessageFinder } from "./log-messages.ts";
import { readLogFile } from "./read-log-file.ts";

/** A place in a file that was not counted. */
export interface Rejected {
  readonly file: string;
  /** From 1, in what the file holds once it is unpacked. */
  readonly line: number;
  readonly reason: string;
}

export interface LogSums {
  readonly totals: readonly Total[];
  /** In the order of files and lines, the first 1,000 of them. */
  readonly rejected: readonly Rejected[];
  /** How many there are, those included that are not listed. */
  readonly rejectedCount: number;
  /** Calls that ended in an error. */
  readonly failed: number;
  /** Calls of which the log tells nothing that went in: they add a call, and no tokens. */
  readonly uncounted: number;
  /** Records of a request that had been counted before. */
  readonly repeated: number;
  /** How many accounts' logs these are. */
  readonly accounts: number;
}

/** A file that is no log at all may have millions of lines. */
const MOST_LISTED = 1_000;
const TOO_LONG = "the line is longer than any record; name files of the invocation log";

/**
 * Adds up the records of invocation logs on disk, at list prices. A request counts once, whatever files it is in.
 * Memory grows with requests by some 32 bytes each, and with nothing else.
 *
 * @param progress called with the share of the bytes that were read.
 * @throws Failure 2 if a path is not that of a file to read; nothing has been read then.
 */
export async function sumLogFiles(files: readonly string[], progress: (share: number) => void): Promise<LogSums> {
  const size = files.map(sizeOf).reduce((sum, bytes) => sum + bytes, 0);
  const metering = createMetering({ prices: createPriceBook([]) });
  const rejected: Rejected[] = [];
  let rejectedCount = 0;
  let read = 0;
  for (const file of files) {
    await takeFile(file, {
      take: metering.take,
      reject(line, reason) {
        if (rejectedCount++ < MOST_LISTED) rejected.push({ file, line, reason });
      },
      progress(bytes) {
        read += bytes;
        if (size > 0) progress(Math.min(1, read / size));
      },
    });
  }
  const { failed, uncounted, repeated, accounts } = metering;
  const totals = totalsOf(metering.rows());
  return { totals, rejected, rejectedCount, failed, uncounted, repeated, accounts: accounts.size };
}

interface FileSink {
  take(message: string): string | undefined;
  reject(line: number, reason: string): void;
  progress(bytes: number): void;
}

async function takeFile(file: string, { take, reject, progress }: FileSink): Promise<void> {
  /** What the line under way is rejected for is told later: it may be that the file ends within it. */
  let cut: string | undefined;
  const finder = createMessageFinder({
    take,
    reject: (line, reason) => {
      if (cut === undefined) reject(line, reason);
    },
  });
  const splitter = createLineSplitter(finder, (line) => reject(line, TOO_LONG));
  cut = await readLogFile(file, { take: splitter.push, progress });
  const { at } = splitter;
  // A whole record may stand before the cut, without the end of its line.
  splitter.end();
  if (cut !== undefined) reject(at, cut);
}

function sizeOf(file: string): number {
  if (file === "-") throw new Failure("- is not read as the standard input; write it to a file and name that.", 2);
  const stats = attempt(file, () => statSync(file));
  attempt(file, () => accessSync(file, constants.R_OK));
  if (stats.isDirectory()) throw new Failure(`${file} is a directory; name the files in it.`, 2);
  return stats.size;
}
