// Measures the supervisor of containers against what people use in its place: how soon a death is told, and what it costs.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { startDocker } from "./bench-docker.mjs";
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
  pids,
  podman,
  pss,
  quantile,
  rounds,
  run,
  scratch,
  statusOf,
  verdict,
} from "./bench-support.mjs";

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

/** A supervisor is killed while 100 containers run: how soon the next one has them. */
async function benchAdoption() {
  const before = new Map(statusOf().units.map(({ name, pid }) => [name, pid]));
  const { pid } = statusOf();
  process.kill(pid, "SIGKILL");
  while (existsSync(`/proc/${pid}`)) await pause(10);
  const begin = performance.now();
  const daemon = spawn(process.execPath, [main, "daemon"], { env, stdio: "ignore", detached: true });
  daemon.unref();
  let units = [];
  while (units.filter(({ status }) => status === "running").length < 100) {
    const status = await ask("GET", "/v1/status").catch(() => undefined);
    units = status?.units ?? [];
    if (status === undefined) await pause(2);
  }
  const took = performance.now() - begin;
  const stopped = units.filter(({ name, pid: now }) => now !== before.get(name)).length;
  verdict(`of 100 containers ${stopped} are others after their supervisor was killed`, stopped, 0);
  verdict(`the next supervisor has all of them ${took.toFixed(0)} ms after its start`, took, 500);
}

/** A container writes as fast as it can, and its log is rotated all the while. */
async function benchRotation() {
  const megabytes = 200;
  const line = "x".repeat(99);
  apply(
    `ociContainer({ provision: "writer", image, network: "none", autoStart: false, log: { size: "4m", keep: 1000 }, command: ["/bin/sh", "-c", "busybox yes ${line} | busybox head -c ${megabytes}000000"] })`,
  );
  const begin = performance.now();
  run([process.execPath, main, "start", "writer"]);
  const isWriting = () =>
    ["starting", "running"].includes(statusOf().units.find(({ name }) => name === "writer").status);
  while (isWriting()) await pause(50);
  const rate = megabytes / ((performance.now() - begin) / 1000);
  const files = readdirSync(join(scratch, "state/logs")).filter((name) => name.startsWith("writer.log.")).length;
  verdict(`${rate.toFixed(0)} MB/s through one log, rotated ${files} times; seconds for 25 MB`, 25 / rate, 1);
}

/**
 * From the kill of a container to the first instruction of the next, on this machine's own runtime, again and again: Docker
 * waits twice as long each time, with one that lived for less than ten seconds.
 */
async function benchRepair() {
  const [mine, theirs] = ["ours", "peer"].map((name) => join(scratch, name));
  for (const path of [mine, theirs]) appendFileSync(path, "");
  const command = (name) => `echo up >> /shared/${name}; exec busybox sleep 100000`;
  apply(
    `ociContainer({ provision: "mended", image, network: "none", respawn: true, respawnDelay: 0, respawnLimit: 1000, stopGrace: 0, volumes: ["${scratch}:/shared"], command: ["/bin/sh", "-c", "${command("ours")}"] })`,
  );
  const { docker, stop } = await startDocker(scratch);
  run(["podman", "save", "--quiet", "--output", join(scratch, "image.tar"), "localhost/bench:latest"]);
  docker("load", "--input", join(scratch, "image.tar"));
  try {
    const always = ["--detach", "--name", "mended", "--network", "none", "--restart", "always"];
    docker(
      "run",
      ...always,
      "--volume",
      `${scratch}:/shared`,
      "localhost/bench:latest",
      "/bin/sh",
      "-c",
      command("peer"),
    );
    const times = { ours: [], peer: [] };
    for (let round = 0; round < Math.min(rounds, 6); round += 1) {
      times.ours.push(await killUntilGrown(statusOf().units.find(({ name }) => name === "mended").pid, mine));
      times.peer.push(await killUntilGrown(Number(docker("inspect", "--format", "{{.State.Pid}}", "mended")), theirs));
      await pause(1_500);
    }
    docker("rm", "--force", "mended");
    judge(
      "one kill after the other to running again",
      median(times.ours),
      "docker --restart=always",
      median(times.peer),
      "ms",
      0.15,
    );
  } finally {
    await stop();
  }
}

await bench([benchDeath, benchMemory, benchAdoption, benchRotation, benchRepair]);
