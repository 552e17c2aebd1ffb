// What the benches of the supervisor have in common: a host of their own, figures and verdicts, and a look at processes.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
export const main = join(root, "dist/cli/main.js");
/** How often each thing is measured. */
export const rounds = Number(process.argv[2] ?? 11);
export const scratch = mkdtempSync("/var/tmp/lading-bench-");
export const env = { ...process.env, LADING_STATE: join(scratch, "state"), LADING_RUNTIME: join(scratch, "run") };
let missed = 0;

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const sorted = (list) => list.toSorted((a, b) => a - b);
export const median = (list) => sorted(list)[Math.floor(list.length / 2)];
export const quantile = (list, share) => sorted(list)[Math.min(list.length - 1, Math.floor(list.length * share))];

export function run(argv, options = {}) {
  const settings = { env, encoding: "utf8", maxBuffer: 1 << 26, ...options };
  const { status, stdout, stderr, error } = spawnSync(argv[0], argv.slice(1), settings);
  if (status !== 0)
    throw new Error(`${argv.join(" ")}: ${error?.message ?? `exited with ${status}: ${stdout}${stderr}`}`);
  return stdout;
}
const lading = (...args) => run([process.execPath, main, ...args]);
export const statusOf = () => JSON.parse(lading("status", "--json"));

/** Writes a declaration, and gives the command that applies it. */
export function declare(source) {
  const file = join(scratch, "host.ts");
  writeFileSync(file, source);
  return [process.execPath, main, "apply", file, "--yes"];
}

/** Applies containers of an image that holds busybox. */
export function applyContainers(containers) {
  run(
    declare(`import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service } from "lading";
const image = ociImage({ repository: "bench", packOptions: { symlinks: [["/bin/sh", "busybox"]] }, value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]) });
export default homeEnvironment({ services: [service(ociServiceType, { containers: [${containers}] })] });
`),
  );
}
export const podman = (...args) => run(["podman", ...args]);

/** What the supervisor answers; rejects where there is none. */
export function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(scratch, "run/control.sock"), method, path }, (response) => {
      let text = "";
      response.on("data", (data) => (text += data));
      response.on("end", () => resolve(JSON.parse(text)));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** Prints one line with its verdict, and counts what is over its bar. */
export function verdict(line, value, bar) {
  if (!(value <= bar)) missed += 1;
  console.log(`${line}, ${value <= bar ? "within" : "OVER"} the bar of ${bar}`);
}

/** Prints both, the ratio, and whether it is within its bar. */
export function judge(title, ours, peerName, peer, unit, bar) {
  const ratio = ours / peer;
  const both = `${title}: ${ours.toFixed(1)} ${unit}; ${peerName}: ${peer.toFixed(1)} ${unit}`;
  verdict(`${both}; ratio ${ratio.toFixed(2)}`, ratio, bar.toFixed(2));
}

/** What could not be measured counts as missed: a bar that nobody looked at is not met. */
export function notMeasured(title, reason) {
  missed += 1;
  console.log(`NOT MEASURED: ${title}: ${reason.trim()}`);
}

/** Kills a process; resolves with the milliseconds until the file has grown, by what comes in its place. */
export async function killUntilGrown(pid, path) {
  const before = statSync(path).size;
  const begin = performance.now();
  process.kill(pid, "SIGKILL");
  while (statSync(path).size <= before) await pause(1);
  return performance.now() - begin;
}

/** Memory that is a process's own share, in MB (PSS, proc(5)). */
export function pss(pid) {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The arguments of a process, separated by spaces; "" where it is gone. */
export function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}
export const allPids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));
export const pids = (pattern) => allPids().filter((pid) => pattern.test(commandOf(pid)));

/** Runs the parts, leaves nothing behind, and ends with 1 where a bar was missed. */
export async function bench(parts, cleanUp = () => undefined) {
  try {
    for (const part of parts) await part();
  } finally {
    try {
      await cleanUp();
      lading("down", "--yes", "--volumes");
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  if (missed > 0) console.log(`${missed} over the bar, or not measured`);
  process.exitCode = missed > 0 ? 1 : 0;
}
