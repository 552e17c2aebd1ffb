// Measures the supervisor against what people use in its place: how soon a death is seen and repaired, and what it costs.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import {
  bench,
  declare,
  judge,
  median,
  pause,
  pids,
  pss,
  quantile,
  rounds,
  run,
  scratch,
  statusOf,
  verdict,
} from "./bench-support.mjs";

const podman = (...args) => run(["podman", ...args]);

const header = `import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service } from "lading";
const image = ociImage({ repository: "bench", packOptions: { symlinks: [["/bin/sh", "busybox"]] }, value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]) });
`;

function apply(containers) {
  run(
    declare(
      `${header}export default homeEnvironment({ services: [service(ociServiceType, { containers: [${containers}] })] });\n`,
    ),
  );
}

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
  verdict(`95 % of deaths are told within ${late.toFixed(0)} ms`, late, 100);
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

await bench([benchRepair, benchDeath, benchMemory]);
