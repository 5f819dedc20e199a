import { parse } from "csv-parse/sync";

/**
 * The fields of one line of CSV; undefined if its quotes are broken.
 *
 * A field does not go on on the next line, though CSV would allow it: nothing in a trace needs that,
 * and so a quote that is never closed is found on its line instead of swallowing the rest of the file.
 */
export function splitFields(line: string): readonly string[] | undefined {
  // Almost no line of a trace has quotes, and a trace has hundreds of thousands of lines.
  if (!line.includes('"')) return line.split(",");
  try {
    const [fields] = parse(line, { trim: true });
    return fields;
  } catch {
    return undefined;
  }
}
