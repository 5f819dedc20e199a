const LIST = '"logEvents":[';
/** Between two events. Not within a text, where a quotation mark has a backslash before it. */
const NEXT = '},{"';

/**
 * Makes many small envelopes of a large one, each with some of its events, without ever having all of its text.
 *
 * A cut at another place than between two events leaves a bracket open, so that what comes of it is no JSON.
 *
 * @param texts the envelope, in pieces of any size
 */
export async function* smallerEnvelopes(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let head: string | undefined;
  let rest = "";
  for await (const text of texts) {
    const end = text.lastIndexOf(NEXT);
    if (end < 0) {
      rest += text;
      continue;
    }
    const events = rest + text.slice(0, end + 1);
    head ??= events.slice(0, events.indexOf(LIST) + LIST.length);
    yield `${events}]}`;
    rest = head + text.slice(end + 2);
  }
  yield rest;
}
