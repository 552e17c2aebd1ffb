// Starts, kills and applies at random, for so many minutes (default 20): what the supervisor takes must not grow.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const main = join(dirname(fileURLToPath(import.meta.url)), "../dist/cli/main.js");
const minutes = Number(process.argv[2] ?? 20);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const scratch = mkdtempSync("/var/tmp/lading-soak-");
const env = { ...process.env, LADING_STATE: join(scratch, "state"), LADING_RUNTIME: join(scratch, "run") };
/** How many deeds lie between two looks at what it takes. */
const deedsPerLook = 25;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** mulberry32: the same deeds for the same seed. */
let state = seed;
function random(below) {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}
const chosen = (list) => list[random(list.length)];

function lading(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`lading ${args.join(" ")} exited with ${status}: ${stdout}${stderr}`);
  return stdout;
}
const statusOf = () => JSON.parse(lading("status", "--json"));

/** Some of 12 programs and 8 containers, some of them otherwise than before. */
function declare(isBase) {
  const is = (share) => isBase || random(100) < share;
  const version = () => (isBase ? 0 : random(3));
  const common = 'respawn: true, respawnDelay: 10, respawnLimit: 1000, stopGrace: 1, log: { size: "64k", keep: 2 }';
  const programs = Array.from({ length: 12 }, (_, index) => index)
    .filter(() => is(80))
    .map(
      (index) =>
        `unit({ provision: ["p${index}"], ${common}, start: ["/bin/sh", "-c", "while :; do echo ${version()} of what a program says; sleep 0.2; done"] ${index === 3 ? ', health: { command: "true", interval: "1s" }' : ""} })`,
    );
  const containers = Array.from({ length: 8 }, (_, index) => index)
    .filter(() => is(80))
    .map(
      (index) =>
        `ociContainer({ provision: "c${index}", image, network: "none", ${common}, command: ["/bin/sh", "-c", "while :; do echo ${version()} of what a container says; busybox sleep 0.2; done"] })`,
    );
  writeFileSync(
    join(scratch, "host.ts"),
    `import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service, simpleService, supervisorServiceType, unit } from "lading";
const image = ociImage({ repository: "soak", packOptions: { symlinks: [["/bin/sh", "busybox"]] }, value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]) });
export default homeEnvironment({ services: [simpleService("units", supervisorServiceType, [${programs.join(",\n")}]), service(ociServiceType, { containers: [${containers.join(",\n")}] })] });
`,
  );
}
const apply = () => lading("apply", join(scratch, "host.ts"), "--yes");

const deeds = [
  () => {
    declare(false);
    apply();
  },
  () => {
    for (let count = 0; count < 5; count += 1) {
      const { pid } = chosen(statusOf().units.filter((each) => each.pid !== null)) ?? {};
      try {
        if (pid !== undefined) process.kill(pid, "SIGKILL");
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    }
  },
  ...["stop", "start", "restart"].map((verb) => () => lading(verb, chosen(statusOf().units).name)),
  () => lading("logs", "--tail", "5"),
  () => lading("metrics"),
];

function sizeOf(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  return found.isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 4096)
    : found.size;
}

/** Processes below the supervisor, and the conmons of its containers. */
function processesOf(daemon) {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
      return (
        Number(parent) === daemon || readFileSync(`/proc/${name}/cmdline`, "utf8").includes(`${scratch}/state/logs`)
      );
    } catch {
      return false;
    }
  }).length;
}

/** What it takes, with everything running as at the begin, and no generation kept but the current one. */
async function look() {
  declare(true);
  apply();
  for (const { name, status } of statusOf().units) if (status !== "running") lading("start", name);
  lading("generations", "prune", "--keep", "1");
  lading("store", "gc");
  // The engine's service ends when it has been idle for ten seconds.
  await pause(12_000);
  const { pid, units } = statusOf();
  const wrong = units.filter(({ status }) => status !== "running");
  if (wrong.length > 0) throw new Error(`not running: ${JSON.stringify(wrong)}`);
  const memory = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
  return {
    "memory, MB": memory,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    processes: processesOf(pid),
    "state, kB":
      (sizeOf(join(scratch, "state")) -
        sizeOf(join(scratch, "state/logs")) -
        sizeOf(join(scratch, "state/daemon.log"))) /
      1024,
    "logs, kB": sizeOf(join(scratch, "state/logs")) / 1024,
  };
}

/** By how much each may be larger in the last third than in the second: noise of a collector, of a file that is being rotated. */
const allowed = { "memory, MB": 1.1, descriptors: 1.05, processes: 1, "state, kB": 1.05, "logs, kB": 1.5 };

const looks = [];
let count = 0;
let failed = false;
console.log(`soak of ${minutes} minutes, seed ${seed}`);
try {
  declare(true);
  apply();
  const end = performance.now() + minutes * 60_000;
  while (performance.now() < end || looks.length < 3) {
    for (let deed = 0; deed < deedsPerLook; deed += 1, count += 1) {
      chosen(deeds)();
    }
    looks.push(await look());
    console.log(JSON.stringify(looks.at(-1)));
  }
  const third = Math.floor(looks.length / 3);
  for (const [name, factor] of Object.entries(allowed)) {
    const of = (part) => median(part.map((each) => each[name]));
    const [middle, last] = [of(looks.slice(third, 2 * third)), of(looks.slice(2 * third))];
    const grows = last > middle * factor;
    failed ||= grows;
    console.log(
      `${name}: ${middle.toFixed(1)} in the second third, ${last.toFixed(1)} in the last${grows ? ", GROWS" : ""}`,
    );
  }
  console.log(`${count} deeds`);
} finally {
  lading("down", "--yes", "--volumes");
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
