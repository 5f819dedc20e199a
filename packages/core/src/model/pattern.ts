/**
 * A pattern is text in which `*` stands for any run of characters, none included, as in IAM
 * (so it matches `/` and `:` too). Every other character stands for itself.
 */
export type Pattern = string;

/** Says whether `text` is one of the texts that `pattern` stands for. Takes time linear in both. */
export function matches(pattern: Pattern, text: string): boolean {
  const first = pattern.indexOf("*");
  if (first < 0) return pattern === text;
  const last = pattern.lastIndexOf("*");
  const end = text.length - (pattern.length - last - 1);
  if (end < first || !text.startsWith(pattern.slice(0, first)) || !text.endsWith(pattern.slice(last + 1))) return false;
  let from = first;
  for (let star = first; star < last; ) {
    const next = pattern.indexOf("*", star + 1);
    const part = pattern.slice(star + 1, next);
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
    star = next;
  }
  return true;
}

export function matchesAny(patterns: readonly Pattern[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

/**
 * Says whether `wide` stands for everything that `narrow` stands for.
 *
 * A `*` of `narrow` is read as one more letter, which only a `*` of `wide` can match: whatever
 * stands in its place is then matched by that same `*`.
 */
export function covers(wide: Pattern, narrow: Pattern): boolean {
  return matches(wide, narrow);
}

/** One writing for patterns that differ only in repeated `*`, so that patterns that cover each other are equal. */
export const normalPattern = (pattern: Pattern): Pattern => pattern.replace(/\*{2,}/g, "*");

/**
 * What may follow `head` in texts that the pattern stands for: `*` after any head is `*`,
 * `a*c` after `ab` is `*c`, and nothing may follow `x` in `a*`.
 */
export function remainders(pattern: Pattern, head: string): readonly Pattern[] {
  // Places in the pattern that have been read up to when all of `head` so far has been.
  let places = pastStars(pattern, [0]);
  for (const letter of head) {
    const next: number[] = [];
    for (const place of places) {
      if (pattern[place] === "*") next.push(place);
      else if (pattern[place] === letter) next.push(place + 1);
    }
    places = pastStars(pattern, next);
  }
  const rests = [...new Set([...places].map((place) => normalPattern(pattern.slice(place))))].sort();
  return rests.filter((rest) => !rests.some((other) => other !== rest && covers(other, rest)));
}

function pastStars(pattern: Pattern, places: readonly number[]): ReadonlySet<number> {
  const all = new Set(places);
  for (const place of all) if (pattern[place] === "*") all.add(place + 1);
  return all;
}

/** Says whether some text is matched by both patterns. */
export function overlaps(a: Pattern, b: Pattern): boolean {
  // reachable[j]: the part of `a` read so far and the first j characters of `b` have a text in common.
  let reachable = new Array<boolean>(b.length + 1).fill(false);
  reachable[0] = true;
  for (let j = 0; j < b.length && b[j] === "*"; j++) reachable[j + 1] = true;
  for (const letter of a) {
    const next = new Array<boolean>(b.length + 1).fill(false);
    for (let j = 0; j <= b.length; j++) {
      const other = b[j - 1];
      if (letter === "*") next[j] = reachable[j] === true || (j > 0 && next[j - 1] === true);
      else if (other === "*") next[j] = reachable[j] === true || next[j - 1] === true;
      else next[j] = j > 0 && other === letter && reachable[j - 1] === true;
    }
    // `*` of `b` may also match nothing while a letter of `a` has just been read.
    for (let j = 1; j <= b.length; j++) if (b[j - 1] === "*" && next[j - 1] === true) next[j] = true;
    reachable = next;
  }
  return reachable[b.length] === true;
}
