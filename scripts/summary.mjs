// Prints the closing line of the tests, and each skipped test with its name.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const file of report.testResults) {
  for (const test of file.assertionResults)
    if (test.status === "skipped" || test.status === "pending") console.log(`skipped: ${test.fullName}`);
}
const broken = report.testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.length === 0,
).length;
console.log(`${report.numPassedTests} passed, ${report.numFailedTests + broken} failed`);
