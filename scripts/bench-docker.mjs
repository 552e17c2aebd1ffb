// A peer of several benches.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Debian's dockerd, with everything that it keeps in a folder of its own. */
export async function startDocker(folder) {
  const at = (name) => join(folder, name);
  const socket = `unix://${at("docker.sock")}`;
  const flags = ["--data-root", at("docker"), "--exec-root", at("docker-run"), "--pidfile", at("docker.pid")];
  const quiet = ["--bridge", "none", "--iptables=false"];
  const daemon = spawn("/usr/sbin/dockerd", ["--host", socket, ...flags, ...quiet], { stdio: "ignore" });
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  while (!existsSync(at("docker.sock"))) {
    if (daemon.exitCode !== null) throw new Error("dockerd did not start");
    await pause(100);
  }
  const docker = (...args) => {
    // Its newer builder is a package of its own.
    const env = { ...process.env, DOCKER_HOST: socket, DOCKER_BUILDKIT: "0" };
    const { status, stdout, stderr } = spawnSync("docker", args, { encoding: "utf8", env });
    if (status !== 0) throw new Error(`docker ${args.join(" ")} exited with ${status}: ${stderr}`);
    return stdout;
  };
  const stop = async () => {
    daemon.kill("SIGTERM");
    await ended;
  };
  return { socket, docker, stop };
}
