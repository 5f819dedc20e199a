import { describeFaults } from "./faults.ts";

describeFaults("timed out", [
  ["timed out before", "always", "every call"],
  ["timed out after", "once", "every change"],
  ["timed out after", "always", "every change"],
]);
