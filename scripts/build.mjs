// Checks the types and writes their declarations, then bundles what runs: few files start faster than many.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}/dist`, { recursive: true, force: true });
const tsc = [`${root}/node_modules/typescript/bin/tsc`, "-p", root, "--emitDeclarationOnly"];
const { status } = spawnSync(process.execPath, tsc, { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
await build({
  entryPoints: ["index", "cli/main", "load/worker", "image/compress-worker", "image/package-worker"].map(
    (name) => `${root}/src/${name}.ts`,
  ),
  outdir: `${root}/dist`,
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  logLevel: "warning",
});
chmodSync(`${root}/dist/cli/main.js`, 0o755);
const pages = spawnSync(process.execPath, [`${root}/dist/cli/main.js`, "man", "--quiet", "-o", `${root}/dist/man`], {
  stdio: ["ignore", "ignore", "inherit"],
});
if (pages.status !== 0) process.exit(pages.status ?? 1);
