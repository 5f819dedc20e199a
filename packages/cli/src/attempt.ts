import { Failure } from "./failure.ts";

/** Why the file system refuses, in words. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "does not exist; check the path"],
  ["ENOTDIR", "does not exist; check the path"],
  ["EACCES", "may not be read by you; ask its owner for read permission"],
  ["EPERM", "may not be read by you; ask its owner for read permission"],
  ["ELOOP", "is a link that leads back to itself; correct the link"],
]);

/** What the file system answers about a path. @throws Failure 2 with its refusal in words. */
export function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    const shown = path === "" ? '""' : path;
    throw new Failure(`${shown} ${REFUSALS.get(code) ?? `cannot be read (${code}); name another`}.`, 2, {
      cause: error,
    });
  }
}
