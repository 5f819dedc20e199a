/** Keeps what was found as long as it is asked for. A failure is not kept. */
export function createMemory<T>() {
  let known = new Map<string, Promise<T>>();
  let asked = new Set<string>();
  return {
    /** @param next gets what is remembered, which it may go on from, and resolves with what to remember. */
    recall(key: string, next: (last: Promise<T> | undefined) => Promise<T>): Promise<T> {
      const value = next(known.get(key));
      known.set(key, value);
      asked.add(key);
      value.catch(() => {
        if (known.get(key) === value) known.delete(key);
      });
      return value;
    },
    /** Forgets everything, or what was not asked for since the last time. */
    tidy(forget: boolean): void {
      known = new Map(forget ? [] : [...known].filter(([key]) => asked.has(key)));
      asked = new Set();
    },
  };
}
