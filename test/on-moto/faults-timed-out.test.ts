import { describeFaults } from "./faults.ts";

describeFaults("timed out", [
  ["timed out before", "always", "every call"],
  ["timed out after", "once", "every call"],
  ["timed out after", "always", "every change"],
]);
