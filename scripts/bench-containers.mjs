// Measures how soon the supervisor has containers up, and up again, against what people use in its place.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  applyContainers as apply,
  ask,
  bench,
  env,
  judge,
  killUntilGrown,
  main,
  median,
  pause,
  podman,
  rounds,
  run,
  scratch,
  statusOf,
} from "./bench-support.mjs";

const count = 50;
/** Seconds that the machine's processors have worked: what an engine starts is nobody's child. */
function worked() {
  const [, user, nice, system, , , irq, softirq] = readFileSync("/proc/stat", "utf8").split(/\s+/, 8).map(Number);
  return (user + nice + system + irq + softirq) / 100;
}

/** The supervisor with a generation of which nothing runs, as at a boot. */
const supervisor = {
  start: async () => {
    const daemon = spawn(process.execPath, [main, "daemon"], { env, stdio: "ignore" });
    supervisor.ended = new Promise((resolve) => daemon.once("exit", resolve));
    for (;;) {
      const status = await ask("GET", "/v1/settled").catch(() => undefined);
      if (status?.settled && status.units.filter((unit) => unit.status === "running").length >= count) return;
      await pause(2);
    }
  },
  stop: async () => {
    await ask("POST", "/v1/shutdown", JSON.stringify({ stop: true }));
    await supervisor.ended;
    // As after a boot, which remembers nothing of what ran.
    rmSync(join(scratch, "state/supervisor"), { recursive: true });
  },
};

const names = (prefix) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`).join("\n");
const podmanRun = (prefix, atOnce) => ({
  start: () =>
    run([
      "sh",
      "-c",
      `printf '%s\n' '${names(prefix)}' | xargs -P${atOnce} -I N podman run -d --name N --network none localhost/bench:latest /bin/busybox sleep 100000 > /dev/null`,
    ]),
  stop: () => run(["sh", "-c", `printf '%s\n' '${names(prefix)}' | xargs podman rm -f -t 0 > /dev/null`]),
});

/** Debian's docker-compose, on a service of the same Podman. */
async function compose() {
  const folder = join(scratch, "compose");
  mkdirSync(folder);
  const socket = join(folder, "podman.sock");
  const service = spawn("podman", ["system", "service", "--time", "0", `unix://${socket}`], { stdio: "ignore" });
  while (!existsSync(socket)) await pause(20);
  const services = Array.from(
    { length: count },
    (_, index) =>
      `  bench-${index}:\n    image: localhost/bench:latest\n    command: ["/bin/busybox", "sleep", "100000"]\n    stop_grace_period: 0s\n    network_mode: none\n`,
  );
  writeFileSync(join(folder, "docker-compose.yml"), `version: "2.4"\nservices:\n${services.join("")}`);
  const settings = {
    cwd: folder,
    env: { ...env, DOCKER_HOST: `unix://${socket}`, COMPOSE_PROJECT_NAME: "ladingbench" },
  };
  return {
    start: () => run(["docker-compose", "up", "-d"], settings),
    stop: () => run(["docker-compose", "down", "-t", "0"], settings),
    close: async () => {
      const ended = new Promise((resolve) => service.once("exit", resolve));
      service.kill("SIGTERM");
      await ended;
    },
  };
}

/** From nothing until all run, by the clock and by what the processors worked. */
async function benchStarts() {
  apply(
    `...Array.from({ length: ${count} }, (_, index) => ociContainer({ provision: "bench-" + index, image, network: "none", stopGrace: 0, command: ["/bin/busybox", "sleep", "100000"] }))`,
  );
  await supervisor.stop().catch(() => undefined);
  const composed = await compose();
  const peers = [
    { name: "xargs -P4 podman run -d", ...podmanRun("xargs", 4), bar: 0.7, processorBar: 0.65 },
    { name: "podman run -d, one after the other", ...podmanRun("single", 1), bar: 0.5 },
    { name: "docker-compose up -d, same engine", ...composed, bar: 0.55 },
  ];
  const runs = [];
  try {
    for (let round = -1; round < Math.min(rounds, 5); round += 1) {
      const figures = [];
      for (const { start, stop } of [supervisor, ...peers]) {
        const [begin, before] = [performance.now(), worked()];
        await start();
        figures.push({ wall: performance.now() - begin, processor: (worked() - before) * 1000 });
        await stop();
      }
      if (round >= 0) runs.push(figures);
    }
  } finally {
    await composed.close();
  }
  const of = (index, figure) => median(runs.map((figures) => figures[index][figure]));
  for (const [index, { name, bar, processorBar }] of peers.entries()) {
    judge(`${count} containers from nothing`, of(0, "wall"), name, of(index + 1, "wall"), "ms", bar);
    if (processorBar === undefined) continue;
    const title = `${count} containers from nothing, processor time`;
    judge(title, of(0, "processor"), name, of(index + 1, "processor"), "ms", processorBar);
  }
}

/** From the kill of a container to the first instruction of the next. */
async function benchRepair() {
  const [mine, theirs] = ["ours", "peer"].map((name) => join(scratch, name));
  for (const path of [mine, theirs]) appendFileSync(path, "");
  const command = (name) => `echo up >> /shared/${name}; exec busybox sleep 100000`;
  apply(
    `ociContainer({ provision: "mended", image, network: "none", respawn: true, respawnDelay: 0, respawnLimit: 1000, stopGrace: 0, volumes: ["${scratch}:/shared"], command: ["/bin/sh", "-c", "${command("ours")}"] })`,
  );
  const always = ["--detach", "--name", "bench-mended", "--network", "none", "--restart", "always"];
  const what = ["--volume", `${scratch}:/shared`, "localhost/bench:latest", "/bin/sh", "-c", command("peer")];
  podman("run", ...always, ...what);
  const times = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round += 1) {
    const { pid } = statusOf().units.find(({ name }) => name === "mended");
    times.ours.push(await killUntilGrown(pid, mine));
    await pause(500);
    times.peer.push(
      await killUntilGrown(Number(podman("inspect", "--format", "{{.State.Pid}}", "bench-mended")), theirs),
    );
    await pause(500);
  }
  podman("rm", "--force", "--time", "0", "bench-mended");
  judge("kill to running again", median(times.ours), "podman --restart=always", median(times.peer), "ms", 0.5);
}

await bench([benchStarts, benchRepair]);
