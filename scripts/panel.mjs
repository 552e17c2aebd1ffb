// `npm run panel`: puts the declarations of test/panel.ts through `lading check`, and prints what was found of which.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(root, "test", ".panel-"));
try {
  const outfile = join(scratch, "panel.mjs");
  const entryPoints = [join(root, "test/panel.ts")];
  await build({
    entryPoints,
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "error",
    define: { "import.meta.url": JSON.stringify(pathToFileURL(join(root, "test/support.ts")).href) },
  });
  const { checkAll, defects, isFound, valid } = await import(pathToFileURL(outfile).href);
  const found = await checkAll(defects, "--strict");
  const width = Math.max(...defects.map(({ title }) => title.length));
  for (const [index, defect] of defects.entries()) {
    const codes = found[index].found.map(({ code }) => code).join(", ") || "nothing";
    console.log(`${isFound(defect, found[index]) ? "found " : "MISSED"}  ${defect.title.padEnd(width)}  ${codes}`);
  }
  const right = await checkAll(valid, "--strict");
  const alarms = right.filter((each) => each.found.length > 0 || each.status !== 0);
  for (const { title, output } of alarms) console.log(`FALSE ALARM  ${title}: ${output.trim()}`);
  const hits = defects.filter((each, index) => isFound(each, found[index])).length;
  console.log(
    `\n${hits} of ${defects.length} defects found; ${alarms.length} false alarms on ${valid.length} valid declarations`,
  );
  process.exitCode = hits === defects.length && alarms.length === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
