/** What large images cost: memory that does not grow with what is in their files, and disk for what is no hole. */
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { exec, main, Scratch } from "../support.ts";

/** Tells at the end how much memory the process had at most, in KiB. */
const meter = `import { writeSync } from "node:fs"; import { isMainThread } from "node:worker_threads";
if (isMainThread) process.on("exit", () => writeSync(2, "at most " + process.resourceUsage().maxRSS + " KiB\\n"));`;

async function build(scratch: Scratch, folder: string): Promise<{ readonly mebibytes: number; readonly path: string }> {
  scratch.write({
    "host.ts": `import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociService, ociServiceType, service } from "lading";
export default homeEnvironment({ services: [service(ociServiceType, ociService({ containers: [ociContainer({ provision: "large",
  image: ociImage({ repository: "large", value: manifest([localTree("${folder}", { target: "/x" })]) }) })] }))] });`,
  });
  const env = { LADING_STATE: join(scratch.path, "state"), LADING_RUNTIME: join(scratch.path, "run") };
  const argv = ["image", "build", "--json", "--deadline", "200", join(scratch.path, "host.ts")];
  const watch = `data:text/javascript,${encodeURIComponent(meter)}`;
  const { status, stdout, stderr } = await exec([process.execPath, "--import", watch, main, ...argv], { env });
  expect(status, stderr).toBe(0);
  const { images } = JSON.parse(stdout) as {
    images: readonly [{ path: string; layers: readonly [{ digest: string }] }];
  };
  const [{ path, layers }] = images;
  return {
    mebibytes: Number(/at most (\d+) KiB/.exec(stderr)?.[1]) / 1024,
    path: join(path, "blobs/sha256", layers[0].digest.slice(7)),
  };
}

describe("large images", () => {
  const scratch = new Scratch("/var/tmp");
  // In memory: a file system that 200,000 files were deleted from is slow for a while, also for others.
  const many = mkdtempSync("/dev/shm/lading-test-");
  afterAll(async () => {
    scratch[Symbol.dispose]();
    rmSync(many, { recursive: true, force: true });
  });

  test("a file of 5 GiB takes neither memory nor, being a hole, disk", async () => {
    mkdirSync(join(scratch.path, "sparse"));
    writeFileSync(join(scratch.path, "sparse/file"), "start");
    truncateSync(join(scratch.path, "sparse/file"), 5 * 2 ** 30);
    const { mebibytes, path } = await build(scratch, join(scratch.path, "sparse"));
    expect(mebibytes).toBeLessThan(200);
    const { size, blocks } = statSync(path);
    expect(size).toBeGreaterThan(5 * 2 ** 30);
    expect(blocks * 512).toBeLessThan(64 << 20);
    const { stdout } = await exec(["tar", "-tvf", path]);
    expect(stdout).toContain(" 5368709120 ");
  });

  test("of 200,000 files, what is held is less than a hundred bytes each", async () => {
    for (let folder = 0; folder < 200; folder += 1) {
      mkdirSync(join(many, String(folder)));
      for (let file = 0; file < 1000; file += 1) writeFileSync(join(many, `${folder}/${file}`), `${folder} ${file}`);
    }
    const { mebibytes, path } = await build(scratch, many);
    console.log(`200,000 files: at most ${mebibytes.toFixed(0)} MiB`);
    expect(mebibytes).toBeLessThan(200);
    const { stdout } = await exec(["sh", "-c", 'tar -tf "$1" | wc -l', "sh", path]);
    expect(stdout.trim()).toBe("200201");
  });
});
