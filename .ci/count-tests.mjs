// count-tests.mjs REPORT STATUS: prints "N passed, N failed" from the report of vitest's JSON reporter.
import { readFileSync } from "node:fs";

const [report, status] = process.argv.slice(2);
const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));

const unloaded = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
const failed = numFailedTests + unloaded.length;

// An error outside of any test fails the run, which the report does not say.
console.log(`${numPassedTests} passed, ${status === "0" ? failed : Math.max(failed, 1)} failed`);
