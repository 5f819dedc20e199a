/**
 * The candidate that a mistyped word most likely stands for: the nearest by Damerau-Levenshtein
 * distance (case, `_` and `-` do not count) or else one of which the word is a longer or shorter form.
 *
 * @returns undefined if none is near enough to be worth naming.
 */
export function nearest<C extends string>(word: string, candidates: readonly C[]): C | undefined {
  const written = plain(word);
  let best: C | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const name = plain(candidate);
    const apart = distance(written, name);
    const related =
      Math.min(written.length, name.length) >= 3 && (name.startsWith(written) || written.startsWith(name));
    if (apart > farthest(name) && !related) continue;
    // Of two at the same distance, the one that begins alike: "model" is "models" rather than "mode".
    const score = (apart <= farthest(name) ? apart : 10 + apart) - commonStart(written, name) / 1000;
    if (score < bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}

const plain = (word: string): string => word.toLowerCase().replace(/[_-]/g, "");

const farthest = (name: string): number => Math.max(1, Math.floor(name.length / 3));

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** How many letters have to be put in, left out, replaced or swapped with their neighbour. */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swapped ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
