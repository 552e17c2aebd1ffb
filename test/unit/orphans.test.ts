/** Containers that Podman lost are known by their conmon, which must be one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { keepersOf } from "../../src/engine/orphans.ts";

test("a program that only calls itself conmon keeps no container", async () => {
  const id = "a".repeat(64);
  const argv = ["-c", "sleep 60; :", "-c", id, "-l", "k8s-file:/var/log/web.log"];
  const pretender = spawn("/bin/sh", argv, { argv0: "conmon", stdio: "ignore", detached: true });
  await once(pretender, "spawn");
  try {
    expect(readFileSync(`/proc/${pretender.pid}/cmdline`, "utf8").split("\0")[0]).toBe("conmon");
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    const keepers = keepersOf({ user: "me", uid, gid, home: "/" });
    expect(keepers.map((each) => each.process.pid)).not.toContain(pretender.pid);
  } finally {
    process.kill(-(pretender.pid ?? 0), "SIGKILL");
  }
});
