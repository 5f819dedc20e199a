import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** Random numbers that are the same on every run. */
export interface Random {
  /** From 0 (included) to 1 (excluded). */
  next(): number;
  /** From `min` (included) to `max` (excluded). */
  uniform(min: number, max: number): number;
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** Half of the values are below `median`; `sigma` is the standard deviation of their logarithm. */
  lognormal(median: number, sigma: number): number;
  exponential(mean: number): number;
  /** How many of many rare things happen, `mean` of them on average. */
  poisson(mean: number): number;
  /** One of the items, which must not be none. */
  pick<T>(items: readonly T[]): T;
}

/**
 * A stream of random numbers of its own for every seed and name: drawing more often from one stream
 * never moves another.
 */
export function createRandom(seed: number, stream: string): Random {
  return new Stream(xoroshiro128plusFromState(stateOf(seed, stream)));
}

/**
 * The random numbers of one numbered event, such as the third deny of a principal. They are the
 * same whatever else happens, and in whatever order.
 */
export function randomAt(seed: number, stream: string, index: number): Random {
  return createRandom(seed, `${stream}#${index}`);
}

/** One number of one numbered event, from 0 (included) to 1 (excluded). */
export function hashUniform(seed: number, stream: string, index: number): number {
  return randomAt(seed, stream, index).next();
}

class Stream implements Random {
  readonly #generator: RandomGenerator;

  constructor(generator: RandomGenerator) {
    this.#generator = generator;
  }

  next(): number {
    return uniformFloat64(this.#generator);
  }

  uniform(min: number, max: number): number {
    return min + (max - min) * this.next();
  }

  integer(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  lognormal(median: number, sigma: number): number {
    // Box-Muller; the logarithm's argument is never 0.
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(sigma * normal);
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  poisson(mean: number): number {
    let count = 0;
    for (let at = this.exponential(1); at < mean; at += this.exponential(1)) count++;
    return count;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError("There is nothing to pick from.");
    return item;
  }
}

/** 128 bits that differ for every seed and stream: two passes of MurmurHash3's mixing, each spread once more. */
function stateOf(seed: number, stream: string): [number, number, number, number] {
  let a = mix(0x9e3779b9, seed);
  let b = mix(0x85ebca6b, seed / 2 ** 32);
  for (let i = 0; i < stream.length; i++) {
    const letter = stream.charCodeAt(i);
    a = mix(a, letter);
    b = mix(b, letter ^ a);
  }
  // The generator would stand still on a state of zeros.
  return [spread(a), spread(b), spread(a + 0x6a09e667), spread(b + 0xbb67ae85) | 1];
}

function mix(hash: number, value: number): number {
  const scrambled = Math.imul(rotate(Math.imul(value, 0xcc9e2d51), 15), 0x1b873593);
  return Math.imul(rotate(hash ^ scrambled, 13), 5) + 0xe6546b64;
}

function spread(hash: number): number {
  let bits = hash | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

const rotate = (bits: number, by: number): number => (bits << by) | (bits >>> (32 - by));
