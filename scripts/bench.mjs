// Times whole commands, ours and a peer's in turn, and prints the medians, the ratio and the bar that it must stay under.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const main = join(root, "dist/cli/main.js");
const rounds = Number(process.argv[2] ?? 11);
const containers = 50;
const scratch = mkdtempSync("/var/tmp/lading-bench-");
const lading = { LADING_STATE: join(scratch, "state"), LADING_RUNTIME: join(scratch, "run") };
let missed = 0;

function run(argv, { env = {}, cwd = root } = {}) {
  const begin = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(argv[0], argv.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  if (status !== 0) throw new Error(`${argv.join(" ")} exited with ${status}: ${stdout}${stderr}`);
  return seconds;
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** Runs both in turn; the ratio is the median of the pairs' ratios. */
function compare(title, ours, peerName, peer, bar, most = rounds) {
  const pairs = [];
  for (let round = -1; round < Math.min(rounds, most); round += 1) {
    const pair = [ours(), peer()];
    if (round >= 0) pairs.push(pair);
  }
  const ratio = median(pairs.map(([a, b]) => a / b));
  const range = [Math.min(...pairs.map(([a, b]) => a / b)), Math.max(...pairs.map(([a, b]) => a / b))]
    .map((each) => each.toFixed(2))
    .join("–");
  const verdict = ratio <= bar ? "within" : "OVER";
  if (ratio > bar) missed += 1;
  const milliseconds = (index) => `${(median(pairs.map((pair) => pair[index])) * 1000).toFixed(0)} ms`;
  console.log(
    `${title}: ${milliseconds(0)}; ${peerName}: ${milliseconds(1)}; ratio ${ratio.toFixed(2)} (${range}), ${verdict} the bar of ${bar.toFixed(2)}`,
  );
}

function benchCheck() {
  const empty = join(scratch, "empty.mjs");
  writeFileSync(empty, `import ${JSON.stringify(join(root, "node_modules/esbuild/lib/main.js"))};\n`);
  const ours = () => run([process.execPath, main, "check", "examples/hello/host.ts"]);
  compare(
    "lading check on the example",
    ours,
    "an empty program that imports esbuild",
    () => run([process.execPath, empty]),
    3,
  );
}

function declareMany() {
  const folder = join(scratch, "many");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "host.ts"),
    `import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service } from "lading";
const image = ociImage({ repository: "bench", value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]) });
export default homeEnvironment({ services: [service(ociServiceType, {
  containers: Array.from({ length: ${containers} }, (_, index) => ociContainer({
    provision: \`bench-\${index}\`, image, network: "none", command: ["/bin/busybox", "sleep", "100000"], stopGrace: 0,
  })),
})] });
`,
  );
  return join(folder, "host.ts");
}

/** Podman's own service on a socket, and Debian's docker-compose for the same containers on it: the same engine. */
async function startCompose() {
  const folder = join(scratch, "compose");
  mkdirSync(folder);
  const socket = `unix://${folder}/podman.sock`;
  const service = spawn("podman", ["system", "service", "--time", "0", socket], { stdio: "ignore" });
  const env = { DOCKER_HOST: socket, COMPOSE_PROJECT_NAME: "ladingbench" };
  for (let tries = 0; spawnSync("docker", ["version"], { env: { ...process.env, ...env } }).status !== 0; tries += 1) {
    if (tries > 300) throw new Error("podman system service did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const services = (count, more) =>
    Array.from(
      { length: count },
      (_, index) =>
        `  bench-${index}:\n    image: localhost/bench:latest\n    command: ["/bin/busybox", "sleep", "100000"]\n    stop_grace_period: 0s\n${more(index)}`,
    ).join("");
  writeFileSync(
    join(folder, "docker-compose.yml"),
    `version: "2.4"\nservices:\n${services(containers, () => "    network_mode: none\n")}`,
  );
  // As `thousand` declares them.
  const published = (index) => `    environment:\n      N: "${index}"\n    ports:\n      - "${10000 + index}:80"\n`;
  mkdirSync(join(folder, "thousand"));
  writeFileSync(join(folder, "thousand/docker-compose.yml"), `version: "2.4"\nservices:\n${services(1000, published)}`);
  return {
    up: () => run(["docker-compose", "up", "-d"], { env, cwd: folder }),
    down: () => run(["docker-compose", "down", "-t", "0"], { env, cwd: folder }),
    config: () => run(["docker-compose", "config"], { cwd: join(folder, "thousand") }),
    stop: async () => {
      const ended = new Promise((resolve) => service.once("exit", resolve));
      service.kill("SIGTERM");
      await ended;
    },
  };
}

async function benchContainers() {
  const file = declareMany();
  const apply = () => run([process.execPath, main, "apply", file, "--yes"], { env: lading });
  const down = () => run([process.execPath, main, "down", "--yes", "--volumes"], { env: lading });
  apply();
  const compose = await startCompose();
  try {
    compose.up();
    compare(
      `lading apply unchanged, ${containers} containers`,
      apply,
      "docker-compose up -d unchanged, on the same engine",
      compose.up,
      1 / 20,
    );
    compose.down();
    down();
    // Each round begins with nothing that runs; the image is there.
    const fromNothing = (start, stop) => () => {
      const seconds = start();
      stop();
      return seconds;
    };
    const names = Array.from({ length: containers }, (_, index) => `xargs-${index}`).join("\n");
    const xargs = () =>
      run([
        "sh",
        "-c",
        `printf '%s\n' '${names}' | xargs -P4 -I N podman run -d --name N --network none localhost/bench:latest /bin/busybox sleep 100000 > /dev/null`,
      ]);
    const xargsDown = () => run(["sh", "-c", `printf '%s\n' '${names}' | xargs podman rm -f -t 0 > /dev/null`]);
    const title = `lading apply of ${containers} containers from nothing, the whole command`;
    const ours = fromNothing(apply, down);
    compare(title, ours, "xargs -P4 podman run -d", fromNothing(xargs, xargsDown), 1, 3);
    compare(title, ours, "docker-compose up -d, on the same engine", fromNothing(compose.up, compose.down), 1, 3);
    compare(
      "lading check of 1,000 containers, the whole command",
      () => run([process.execPath, main, "check", thousand()]),
      "docker-compose config of the same services",
      compose.config,
      1 / 3,
      5,
    );
    await benchPlan(compose.config);
  } finally {
    await compose.stop();
    down();
  }
}

/** The planner alone, over declared containers and as many that are observed, each of which changes. */
async function benchPlan(config) {
  // Beside the packages that it imports.
  const outfile = join(root, "node_modules/.cache/lading-bench/plan.mjs");
  await build({
    stdin: { contents: 'export { planMany } from "./scripts/bench-plan.ts";', resolveDir: root, loader: "ts" },
    ...{
      bundle: true,
      platform: "node",
      format: "esm",
      outfile,
      packages: "external",
    },
  });
  const { planMany } = await import(pathToFileURL(outfile).href);
  compare(
    "planning 1,000 containers against 1,000 that run, all changed",
    () => planMany(1000),
    "docker-compose config of 1,000 services",
    config,
    1 / 4,
    5,
  );
  const sizes = [10, 100, 1000, 10_000];
  const times = sizes.map((size) => Math.min(...Array.from({ length: 5 }, () => planMany(size))));
  const each = times.map((seconds, index) => (seconds / sizes[index]) * 1e6);
  console.log(
    `planning, by size: ${sizes.map((size, index) => `${size}: ${each[index].toFixed(1)} µs each`).join(", ")}`,
  );
  const linear = each[3] <= 2 * each[2];
  if (!linear) missed += 1;
  console.log(
    `cost from 1,000 to 10,000 grows ${(times[3] / times[2]).toFixed(1)} times, ${linear ? "linear" : "NOT LINEAR"}`,
  );
}

/** A declaration of 1,000 containers. */
function thousand() {
  const file = join(scratch, "thousand.ts");
  writeFileSync(
    file,
    `import { homeEnvironment, ociContainer, ociServiceType, service } from "lading";
export default homeEnvironment({ services: [service(ociServiceType, { containers: Array.from({ length: 1000 }, (_, index) =>
  ociContainer({ provision: \`c-\${index}\`, image: "localhost/bench:latest", command: ["/bin/busybox", "sleep", "100000"], environment: { N: String(index) }, ports: [[String(10000 + index), "80"]] })) })] });
`,
  );
  return file;
}

/** The most memory that commands take for a declaration of 1,000 containers. */
function benchMemory() {
  const file = thousand();
  const report = join(scratch, "memory.mjs");
  writeFileSync(
    report,
    'import { isMainThread } from "node:worker_threads";\nif (isMainThread) process.on("exit", () => process.stderr.write("peak " + process.resourceUsage().maxRSS));\n',
  );
  for (const args of [["check"], ["plan", "--no-exit-code"], ["apply", "--dry-run"]]) {
    const { stderr, status } = spawnSync(process.execPath, ["--import", report, main, ...args, file], {
      env: { ...process.env, ...lading },
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    if (status !== 0 && status !== 4) throw new Error(`lading ${args.join(" ")} exited with ${status}: ${stderr}`);
    const mebibytes = Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024;
    const fits = mebibytes <= 150;
    if (!fits) missed += 1;
    console.log(
      `memory of lading ${args.join(" ")} for 1,000 containers: ${mebibytes.toFixed(0)} MiB, ${fits ? "within" : "OVER"} the bar of 150`,
    );
  }
}

try {
  benchCheck();
  benchMemory();
  await benchContainers();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (missed > 0) console.log(`${missed} over the bar`);
process.exitCode = missed > 0 ? 1 : 0;
