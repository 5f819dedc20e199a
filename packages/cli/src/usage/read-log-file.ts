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
    if (start[0] !== 0x1f || start[1] !== 0x8b) await drain(source, take);
    else if (await isLeftIn(source, await unpack(source, take))) return LEFT;
    return undefined;
  } catch (error) {
    // The file system's and zlib's errors have a number; whatever else went wrong is not the file's fault.
    if (error instanceof Error && "errno" in error && "code" in error) return whyUnread(String(error.code));
    throw error;
  } finally {
    source.destroy();
  }
}

/** A piece of the file, and where it ends. */
interface Given {
  readonly piece: Buffer;
  readonly end: number;
}

/** @returns what was given to be unpacked and was not. */
async function unpack(source: Readable, take: (piece: Buffer) => void): Promise<readonly Buffer[]> {
  const gunzip = createGunzip({ chunkSize: UNPACKED_BYTES });
  source.on("error", (error) => gunzip.destroy(error));
  let given: readonly Given[] = [];
  let bytes = 0;
  source.on("data", (piece: Buffer) => {
    bytes += piece.length;
    given = [...given.filter(({ end }) => end > gunzip.bytesWritten), { piece, end: bytes }];
  });
  await drain(source.pipe(gunzip), take);
  source.unpipe(gunzip);
  return given.map(({ piece, end }) => piece.subarray(Math.max(0, piece.length - (end - gunzip.bytesWritten))));
}

const LEFT =
  "the compressed file has zeros here, and something after them that is not unpacked; copy or download it again";

/**
 * Node unpacks one member after the other, and says so if what follows is none. But a zero is padding to it, as to
 * gzip, and it is silent about what comes after.
 */
async function isLeftIn(source: Readable, rest: readonly Buffer[]): Promise<boolean> {
  if (rest.some(holdsMore)) return true;
  if (!source.readableEnded) for await (const piece of source) if (holdsMore(piece)) return true;
  return false;
}

const holdsMore = (piece: Buffer): boolean => piece.some((byte) => byte !== 0);

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
