/** An amount of a measure in a span of time. Unknown is a value: it is neither zero nor a guess. */
export type Usage =
  | { readonly status: "known"; readonly amount: number }
  | { readonly status: "unknown"; readonly why: string };

export const known = (amount: number): Usage => ({ status: "known", amount });
export const unknown = (why: string): Usage => ({ status: "unknown", why });
