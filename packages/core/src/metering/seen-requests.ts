/** Request ids that have been counted. */
export interface SeenRequests {
  /** Says whether the id is new, and remembers it. */
  add(requestId: string): boolean;
  readonly size: number;
}

/** Places for the requests of a batch as large as they come, some 2,000. */
const SMALLEST = 4096;

/**
 * Remembers request ids in 16 to 32 bytes each: as two numbers of 32 bits, in place of the texts.
 *
 * Two of n ids share all 64 bits, so that one call is not counted, with a probability of n² / 2⁶⁵: one in
 * nine million for two million ids. Bedrock makes the ids; a caller cannot choose one that collides.
 */
export function createSeenRequests(): SeenRequests {
  // Pairs, found by probing from where the first half points; (0, 0) is a free place.
  let pairs = new Int32Array(SMALLEST * 2);
  let size = 0;

  /** Says whether the pair was not there; it is then. */
  function put(first: number, second: number): boolean {
    const last = pairs.length / 2 - 1;
    for (let place = first & last; ; place = (place + 1) & last) {
      const one = pairs[place * 2];
      const other = pairs[place * 2 + 1];
      if (one === first && other === second) return false;
      if (one !== 0 || other !== 0) continue;
      pairs[place * 2] = first;
      pairs[place * 2 + 1] = second;
      return true;
    }
  }

  function grow(): void {
    const before = pairs;
    pairs = new Int32Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2) {
      const first = before[at] as number;
      const second = before[at + 1] as number;
      if (first !== 0 || second !== 0) put(first, second);
    }
  }

  return {
    add(requestId) {
      let first = 0x9e3779b9;
      let second = 0x85ebca6b;
      for (let at = 0; at < requestId.length; at++) {
        const letter = requestId.charCodeAt(at);
        first = Math.imul(first ^ letter, 0xcc9e2d51);
        first = (first << 15) | (first >>> 17);
        second = Math.imul(second ^ letter, 0x1b873593);
        second = (second << 13) | (second >>> 19);
      }
      const isNew = put(spread(first ^ requestId.length) || 1, spread(second + first));
      if (isNew && ++size * 2 > pairs.length / 2) grow();
      return isNew;
    },
    get size() {
      return size;
    },
  };
}

/** Lets every bit change every bit: MurmurHash3's last step, which maps no two numbers to one. */
function spread(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
