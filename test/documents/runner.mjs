// Carries out the steps of a page: `node runner.mjs steps.json results.json`, in the page's folder. It stops at the first
// command that ends with another status than its step says.
import { spawnSync } from "node:child_process";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const [, , stepsPath, resultsPath] = process.argv;
const results = [];
for (const step of JSON.parse(readFileSync(stepsPath, "utf8"))) {
  if ("write" in step) {
    mkdirSync(dirname(resolve(step.write)), { recursive: true });
    writeFileSync(step.write, step.content);
    results.push({ status: 0, stdout: "", stderr: "" });
    continue;
  }
  // Files and not pipes: a supervisor that a command starts would hold a pipe open.
  const [out, err] = [`${resultsPath}.out`, `${resultsPath}.err`];
  const { status } = spawnSync("bash", ["-c", step.run], { stdio: ["ignore", openSync(out, "w"), openSync(err, "w")] });
  results.push({ status, stdout: readFileSync(out, "utf8"), stderr: readFileSync(err, "utf8") });
  if (status !== step.status) break;
}
writeFileSync(resultsPath, JSON.stringify(results));
