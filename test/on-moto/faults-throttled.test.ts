import { describeFaults } from "./faults.ts";

describeFaults("throttled", [
  ["throttled", "once", "every change"],
  ["throttled", "always", "every call"],
]);
