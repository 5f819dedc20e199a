import { describeFaults } from "./faults.ts";

describeFaults("refused, or the last of its process", [
  ["access denied", "always", "every call"],
  ["killed after", "once", "every call"],
]);
