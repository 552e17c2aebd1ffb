// Prints the closing line of the tests, and each skipped test with its name: of one report or several.
import { readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
for (const path of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  for (const file of report.testResults) {
    for (const test of file.assertionResults)
      if (test.status === "skipped" || test.status === "pending") console.log(`skipped: ${test.fullName}`);
    // A file that could not even be loaded.
    if (file.status === "failed" && file.assertionResults.length === 0) failed += 1;
  }
  passed += report.numPassedTests;
  failed += report.numFailedTests;
}
console.log(`${passed} passed, ${failed} failed`);
