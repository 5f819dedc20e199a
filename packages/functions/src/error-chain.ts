/** An error as it is logged: its name, its message and what caused it, without the request and its headers that the SDK hangs on. */
export interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly causes?: readonly LoggedError[];
}

const MOST_CHARACTERS = 1_000;
const MOST_CAUSES = 10;
const DEEPEST = 5;

export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error, message: cut(String(error)) };
  const causes = [
    ...(error instanceof AggregateError ? error.errors : []),
    ...(error.cause === undefined ? [] : [error.cause]),
  ];
  return {
    name: error.name,
    message: cut(error.message),
    ...(causes.length > 0 &&
      depth < DEEPEST && { causes: causes.slice(0, MOST_CAUSES).map((cause) => loggedError(cause, depth + 1)) }),
  };
}

const cut = (text: string): string => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);
