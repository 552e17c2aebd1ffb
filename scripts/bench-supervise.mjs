// Measures the supervisor against what people use in its place: how soon a death is seen and repaired, and what it costs.
import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const main = join(root, "dist/cli/main.js");
const rounds = Number(process.argv[2] ?? 11);
const scratch = mkdtempSync("/var/tmp/lading-bench-");
const env = { ...process.env, LADING_STATE: join(scratch, "state"), LADING_RUNTIME: join(scratch, "run") };
let missed = 0;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const sorted = (list) => list.toSorted((a, b) => a - b);
const median = (list) => sorted(list)[Math.floor(list.length / 2)];
const quantile = (list, share) => sorted(list)[Math.min(list.length - 1, Math.floor(list.length * share))];

function run(argv) {
  const { status, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { env, encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${argv.join(" ")} exited with ${status}: ${stdout}${stderr}`);
  return stdout;
}
const lading = (...args) => run([process.execPath, main, ...args]);
const podman = (...args) => run(["podman", ...args]);

/** Prints both, the ratio, and whether it is within its bar. */
function judge(title, ours, peerName, peer, unit, bar) {
  const ratio = ours / peer;
  if (ratio > bar) missed += 1;
  const verdict = ratio <= bar ? "within" : "OVER";
  console.log(
    `${title}: ${ours.toFixed(1)} ${unit}; ${peerName}: ${peer.toFixed(1)} ${unit}; ratio ${ratio.toFixed(2)}, ${verdict} the bar of ${bar.toFixed(2)}`,
  );
}

const header = `import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service, simpleService, supervisorServiceType, unit } from "lading";
const image = ociImage({ repository: "bench", packOptions: { symlinks: [["/bin/sh", "busybox"]] }, value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]) });
`;

function apply(containers, units = "") {
  const file = join(scratch, "host.ts");
  writeFileSync(
    file,
    `${header}export default homeEnvironment({ services: [simpleService("units", supervisorServiceType, [${units}]), service(ociServiceType, { containers: [${containers}] })] });\n`,
  );
  lading("apply", file, "--yes");
}
const statusOf = () => JSON.parse(lading("status", "--json"));

/** Resolves with when the file has grown, to a millisecond. */
async function growth(path, before) {
  while (!existsSync(path) || statSync(path).size <= before) await pause(1);
  return performance.now();
}

/** From the kill of a container to the first instruction of the next. */
async function benchRepair() {
  const [mine, theirs] = ["ours", "peer"].map((name) => join(scratch, name));
  for (const path of [mine, theirs]) appendFileSync(path, "");
  const command = (name) => `echo up >> /shared/${name}; exec busybox sleep 100000`;
  apply(
    `ociContainer({ provision: "mended", image, network: "none", respawn: true, respawnDelay: 0, respawnLimit: 1000, stopGrace: 0, volumes: ["${scratch}:/shared"], command: ["/bin/sh", "-c", "${command("ours")}"] })`,
  );
  podman(
    "run",
    "--detach",
    "--name",
    "bench-mended",
    "--network",
    "none",
    "--restart",
    "always",
    "--volume",
    `${scratch}:/shared`,
    "localhost/bench:latest",
    "/bin/sh",
    "-c",
    command("peer"),
  );
  const once = async (pid, path) => {
    const before = statSync(path).size;
    const begin = performance.now();
    process.kill(pid, "SIGKILL");
    return (await growth(path, before)) - begin;
  };
  const times = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round += 1) {
    const { pid } = statusOf().units.find(({ name }) => name === "mended");
    times.ours.push(await once(pid, mine));
    await pause(500);
    times.peer.push(await once(Number(podman("inspect", "--format", "{{.State.Pid}}", "bench-mended")), theirs));
    await pause(500);
  }
  podman("rm", "--force", "--time", "0", "bench-mended");
  judge("kill to running again", median(times.ours), "podman --restart=always", median(times.peer), "ms", 0.5);
}

/** From the kill of a container until its end is told. */
async function benchDeath() {
  const count = Math.max(rounds, 20);
  apply(
    `...Array.from({ length: ${count} }, (_, index) => ociContainer({ provision: "mortal-" + index, image, network: "none", stopGrace: 0, command: ["/bin/busybox", "sleep", "100000"] }))`,
  );
  const seen = { ours: new Map(), peer: new Map() };
  const stream = request({ socketPath: join(scratch, "run/control.sock"), path: "/v1/events" }, (response) => {
    response.on("data", (data) => {
      for (const [, name] of data.toString().matchAll(/"status":"failed"[^\n]*?"name":"(mortal-\d+)"/g))
        if (!seen.ours.has(name)) seen.ours.set(name, performance.now());
    });
  });
  stream.end();
  const events = spawn("podman", ["events", "--filter", "event=died", "--format", "{{.Name}}"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  events.stdout.on("data", (data) => {
    for (const name of data.toString().split("\n")) if (!seen.peer.has(name)) seen.peer.set(name, performance.now());
  });
  await pause(2_000);
  const times = { ours: [], peer: [] };
  for (const { name, pid } of statusOf().units.filter((each) => each.name.startsWith("mortal-"))) {
    const begin = performance.now();
    process.kill(pid, "SIGKILL");
    while (!(seen.ours.has(name) && seen.peer.has(name)) && performance.now() - begin < 5_000) await pause(1);
    times.ours.push((seen.ours.get(name) ?? Number.POSITIVE_INFINITY) - begin);
    times.peer.push((seen.peer.get(name) ?? Number.POSITIVE_INFINITY) - begin);
  }
  stream.destroy();
  const ended = new Promise((resolve) => events.once("exit", resolve));
  events.kill("SIGTERM");
  await ended;
  judge("a death is told", median(times.ours), "podman events", median(times.peer), "ms", 0.1);
  const late = quantile(times.ours, 0.95);
  if (late > 100) missed += 1;
  console.log(
    `95 % of deaths are told within ${late.toFixed(0)} ms, ${late <= 100 ? "within" : "OVER"} the bar of 100`,
  );
}

/** Memory that is a process's own share, in MB (PSS, proc(5)). */
function pss(pid) {
  const text = existsSync(`/proc/${pid}/smaps_rollup`) ? readFileSync(`/proc/${pid}/smaps_rollup`, "utf8") : "";
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
}
const isMine = (argv, pattern) => pattern.test(argv.replaceAll("\0", " "));
function pids(pattern) {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return isMine(readFileSync(`/proc/${name}/cmdline`, "utf8"), pattern);
    } catch {
      return false;
    }
  });
}

async function benchMemory() {
  const count = 100;
  apply(
    `...Array.from({ length: ${count} }, (_, index) => ociContainer({ provision: "held-" + index, image, network: "none", stopGrace: 0, command: ["/bin/busybox", "sleep", "100000"] }))`,
  );
  const daemon = statusOf().pid;
  const ours = [daemon, ...pids(/^podman system service .*lading-podman/), ...pids(/conmon .* -n held-/)].reduce(
    (sum, pid) => sum + pss(pid),
    0,
  );
  const clients = Array.from({ length: count }, (_, index) =>
    spawn(
      "podman",
      [
        "run",
        "--rm",
        "--name",
        `attached-${index}`,
        "--network",
        "none",
        "localhost/bench:latest",
        "/bin/busybox",
        "sleep",
        "100000",
      ],
      { stdio: "ignore" },
    ),
  );
  const running = () => podman("ps", "--quiet", "--filter", "name=attached-").trim().split("\n").length;
  while (running() < count) await pause(500);
  const peer = [...clients.map(({ pid }) => pid), ...pids(/conmon .* -n attached-/)].reduce(
    (sum, pid) => sum + pss(pid),
    0,
  );
  run(["sh", "-c", "podman ps -q --filter name=attached- | xargs podman rm --force --time 0 > /dev/null"]);
  judge("memory of supervising 100 containers", ours, "attached clients", peer, "MB", 1 / 8);
}

/** 200 programs from nothing until all run. */
async function benchPrograms() {
  const count = 200;
  const supervisord = "/usr/bin/supervisord";
  if (!existsSync(supervisord)) {
    console.log("skipped: 200 programs against supervisord, which is not installed (apt-get install supervisor)");
    return;
  }
  const folder = join(scratch, "supervisord");
  mkdirSync(folder);
  const programs = Array.from(
    { length: count },
    (_, index) =>
      `[program:p${index}]\ncommand=/bin/sleep 100001\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n`,
  );
  writeFileSync(
    join(folder, "conf"),
    `[supervisord]\nnodaemon=true\nlogfile=${folder}/log\npidfile=${folder}/pid\n${programs.join("")}`,
  );
  const all = async (pattern) => {
    while (pids(pattern).length < count) await pause(10);
    return performance.now();
  };
  const times = { ours: [], peer: [] };
  for (let round = 0; round < Math.min(rounds, 3); round += 1) {
    apply("");
    const file = join(scratch, "host.ts");
    writeFileSync(
      file,
      `${header}export default homeEnvironment({ services: [simpleService("units", supervisorServiceType, Array.from({ length: ${count} }, (_, index) => unit({ provision: ["p" + index], stopGrace: 1, start: ["/bin/sleep", "100002"] })))] });\n`,
    );
    const command = spawn(process.execPath, [main, "apply", file, "--yes"], { env, stdio: "ignore" });
    const done = new Promise((resolve) => command.once("exit", resolve));
    while (pids(/^\/bin\/sleep 100002/).length === 0) await pause(1);
    const begin = performance.now();
    times.ours.push((await all(/^\/bin\/sleep 100002/)) - begin);
    await done;
    apply("");
    const peer = spawn(supervisord, ["-c", join(folder, "conf")], { stdio: "ignore" });
    while (pids(/^\/bin\/sleep 100001/).length === 0) await pause(1);
    const since = performance.now();
    times.peer.push((await all(/^\/bin\/sleep 100001/)) - since);
    const ended = new Promise((resolve) => peer.once("exit", resolve));
    peer.kill("SIGTERM");
    await ended;
  }
  judge("200 programs, from the first to the last", median(times.ours), "supervisord", median(times.peer), "ms", 0.4);
}

try {
  await benchRepair();
  await benchDeath();
  await benchMemory();
  await benchPrograms();
} finally {
  lading("down", "--yes", "--volumes");
  rmSync(scratch, { recursive: true, force: true });
}
if (missed > 0) console.log(`${missed} over the bar`);
process.exitCode = missed > 0 ? 1 : 0;
