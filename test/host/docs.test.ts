/** Examples of the documents that need a host: a plain user's rootless Podman, or a whole host, which is thrown away. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  complaint,
  hostOf,
  needsNetwork,
  programsOf,
  type Step,
  type StepResult,
  stepsOf,
} from "../documents/examples.ts";
import { hasExamples, type Page, readPages } from "../documents/page.ts";
import { exec, main, root } from "../support.ts";
import { freePort, notHere, World } from "./world.ts";

const pages = readPages().filter(hasExamples);
const archive = "http://deb.debian.org/debian/dists/bookworm/InRelease";
const reached = fetch(archive, { method: "HEAD", signal: AbortSignal.timeout(20_000) }).then(
  ({ ok }) => ok,
  () => false,
);

/** Why a page cannot be tried here; undefined where it can. */
async function obstacle(page: Page): Promise<string | undefined> {
  if (notHere !== undefined) return notHere;
  const lacking = programsOf(page).filter((program) => spawnSync("which", [program]).status !== 0);
  if (lacking.length > 0) return `there is no ${lacking.join(", ")}`;
  return needsNetwork(page) && !(await reached) ? `${archive} cannot be reached` : undefined;
}

const runner = join(root, "test/documents/runner.mjs");

function expectAsShown(page: Page, steps: readonly Step[], results: readonly StepResult[]): void {
  const wrong = steps.map((step, index) => complaint(page.path, step, results[index]));
  expect(wrong.find((each) => each !== undefined)).toBeUndefined();
}

describe.skipIf(notHere !== undefined)("a plain user's host", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
    mkdirSync(join(world.folder, "bin"));
    writeFileSync(join(world.folder, "bin/lading"), `#!/bin/sh\nexec ${world.argv('"$@"').join(" ")}\n`, {
      mode: 0o755,
    });
  });
  afterAll(() => world?.close());

  test.each(pages.filter((page) => hostOf(page) === "user"))("does what $path shows", async (page) => {
    const why = await obstacle(page);
    if (why !== undefined) {
      console.log(`skipped: ${page.path}: ${why}`);
      return;
    }
    // The port that pages publish may be taken on this machine.
    const port = String(await freePort());
    const steps = JSON.stringify(stepsOf(page, { host: true })).replaceAll("8080", port);
    const folder = page.path.replaceAll("/", "-");
    await world.write({ "steps.json": steps, "runner.mjs": readFileSync(runner, "utf8"), [`${folder}/.keep`]: "" });
    try {
      await world.as(
        [process.execPath, world.path("runner.mjs"), world.path("steps.json"), world.path("results.json")],
        {
          cwd: world.path(folder),
          env: { PATH: `${join(world.folder, "bin")}:${process.env.PATH}:/usr/sbin:/sbin` },
        },
      );
      const results = JSON.parse(readFileSync(world.path("results.json"), "utf8")) as readonly StepResult[];
      expectAsShown(page, JSON.parse(steps) as readonly Step[], results);
    } finally {
      await world.lading(["down", "--yes", "--volumes"]);
      rmSync(world.path("results.json"), { force: true });
    }
  });
});

describe.skipIf(notHere !== undefined)("a whole host", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync("/var/tmp/lading-docs-");
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin/lading"), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`, { mode: 0o755 });
    cpSync(runner, join(folder, "runner.mjs"));
    spawnSync("chmod", ["755", folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(pages.filter((page) => hostOf(page) === "root"))("does what $path shows", async (page) => {
    const why = (await obstacle(page)) ?? (needsNetwork(page) ? "a throwaway host has no network" : undefined);
    if (why !== undefined) {
      console.log(`skipped: ${page.path}: ${why}`);
      return;
    }
    const steps = stepsOf(page, { host: true });
    writeFileSync(join(folder, "steps.json"), JSON.stringify(steps));
    // Storage of containers cannot lie on the overlay that a throwaway host stands on. The machine's control groups may be
    // bound to v1, so there are none for containers, and a file takes what is written to the kernel's.
    const script = `for each in /home /var/lib/containers /root; do mount -t tmpfs -o mode=755 tmpfs $each; done
      touch /run/accepts; mount --bind /run/accepts /sys/fs/cgroup/cgroup.subtree_control
      printf '[containers]\\ncgroups = "disabled"\\n[engine]\\nruntime = "crun"\\n' > /etc/containers/containers.conf.d/60-throwaway.conf
      mkdir /root/host; cd /root/host; PATH=${folder}/bin:$PATH HOME=/root NO_COLOR=1 ${process.execPath} ${folder}/runner.mjs ${folder}/steps.json /root/results.json
      cat /root/results.json`;
    const argv = ["bash", join(root, "test/host/throwaway.sh"), "-c", "v2", "--", "bash", "-c", script];
    const { stdout, stderr } = await exec(argv, {
      cwd: root,
      env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    expect(stdout, stderr).toMatch(/^\[/);
    expectAsShown(page, steps, JSON.parse(stdout) as readonly StepResult[]);
  });
});
