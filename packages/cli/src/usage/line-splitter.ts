/** Longer than any record: CloudWatch takes events of up to 1 MB, and Bedrock puts large bodies elsewhere. */
const LONGEST_LINE = 16 * 1024 * 1024;

const LINE_FEED = 10;
const BYTE_ORDER_MARK = "\ufeff";

export interface LineSink {
  /** @param line from 1 */
  line(text: string, line: number): void;
  end(): void;
}

export interface LineSplitter {
  /** Gives out the lines that end in this piece of the file. */
  push(piece: Buffer): void;
  /** Gives out what is left, a last line that has no end. */
  end(): void;
  /** The line that is begun, or comes next. */
  readonly at: number;
}

/**
 * Cuts the bytes of a file into lines of UTF-8, however they are split into pieces.
 *
 * @param tooLong called in place of `line` for a line that is longer than any record.
 */
export function createLineSplitter(sink: LineSink, tooLong: (line: number) => void): LineSplitter {
  let begun: Buffer[] = [];
  let length = 0;
  let at = 1;

  function keep(piece: Buffer): void {
    length += piece.length;
    // What is too long is measured and forgotten.
    if (length > LONGEST_LINE) begun = [];
    else begun.push(piece);
  }

  function give(end: Buffer): void {
    if (length > 0) keep(end);
    const bytes = length > 0 ? Buffer.concat(begun) : end;
    const isTooLong = length > LONGEST_LINE;
    begun = [];
    length = 0;
    const line = at++;
    if (isTooLong) tooLong(line);
    else sink.line(textOf(bytes, line), line);
  }

  return {
    push(piece) {
      let from = 0;
      for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, from)) {
        give(piece.subarray(from, end));
        from = end + 1;
      }
      if (from < piece.length) keep(piece.subarray(from));
    },
    end() {
      if (length > 0) give(Buffer.alloc(0));
      sink.end();
    },
    get at() {
      return at;
    },
  };
}

function textOf(bytes: Buffer, line: number): string {
  const text = bytes.toString("utf8");
  return line === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
