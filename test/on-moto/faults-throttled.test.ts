import { describeFaults } from "./faults.ts";

describeFaults("throttled", [
  ["throttled", "once", "every call"],
  ["throttled", "always", "every call"],
]);
