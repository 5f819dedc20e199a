/** Limits that cannot be replayed as asked. The message says in one sentence which, why, and what to do. */
export class ReplayProblem extends Error {
  override readonly name = "ReplayProblem";
}
