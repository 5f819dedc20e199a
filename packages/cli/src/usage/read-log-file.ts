import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const PIECE_BYTES = 512 * 1024;
/** As much as is lost right before damage. */
const UNPACKED_BYTES = 64 * 1024;

export interface LogFileReader {
  /** Takes the bytes as they are unpacked, also those before the place where a file is cut short. */
  take(piece: Buffer): void;
  /** Hears how many bytes of the file itself were read. */
  progress(bytes: number): void;
}

/**
 * Reads a file, plain or compressed with gzip, whatever its name says.
 *
 * @returns why it could not be read to its end, in words; undefined if it could.
 */
export async function readLogFile(file: string, { take, progress }: LogFileReader): Promise<string | undefined> {
  const source = createReadStream(file, { highWaterMark: PIECE_BYTES });
  try {
    await once(source, "readable");
    const start: Buffer | null = source.read();
    if (start === null) return undefined;
    source.unshift(start);
    source.on("data", (piece) => progress(piece.length));
    await drain(start[0] === 0x1f && start[1] === 0x8b ? unpacked(source) : source, take);
    return undefined;
  } catch (error) {
    // The file system's and zlib's errors have a number; whatever else went wrong is not the file's fault.
    if (error instanceof Error && "errno" in error && "code" in error) return whyUnread(String(error.code));
    throw error;
  } finally {
    source.destroy();
  }
}

function unpacked(source: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: UNPACKED_BYTES });
  source.on("error", (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

/** By events: what was unpacked right before an error would be lost to a loop over the stream. */
function drain(stream: Readable, take: (piece: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on("data", (piece: Buffer) => {
      try {
        take(piece);
      } catch (error) {
        stream.destroy();
        reject(error);
      }
    });
    stream.once("error", reject);
    stream.once("end", resolve);
    stream.resume();
  });
}

function whyUnread(code: string): string {
  switch (code) {
    case "Z_BUF_ERROR":
      return "the compressed file is cut short here; copy or download it again";
    case "Z_DATA_ERROR":
      return "the compressed file is damaged here; copy or download it again";
    default:
      return `the file cannot be read from here on (${code}); copy or download it again`;
  }
}
