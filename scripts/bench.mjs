// Times whole commands, ours and a peer's in turn, and prints the medians, the ratio and the bar that it must stay under.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const main = join(root, "dist/cli/main.js");
const rounds = Number(process.argv[2] ?? 11);
const containers = 20;
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
function compare(title, ours, peerName, peer, bar) {
  const pairs = [];
  for (let round = -1; round < rounds; round += 1) {
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
  networks: [{ name: "lading-bench" }],
  containers: Array.from({ length: ${containers} }, (_, index) => ociContainer({
    provision: \`bench-\${index}\`, image, network: "lading-bench", command: ["/bin/busybox", "sleep", "100000"], stopGrace: 0,
  })),
})] });
`,
  );
  return join(folder, "host.ts");
}

/** Debian's dockerd on a socket of its own, and Debian's docker-compose for the same containers. */
async function startCompose() {
  const folder = join(scratch, "docker");
  mkdirSync(join(folder, "project"), { recursive: true });
  const socket = `unix://${folder}/docker.sock`;
  const argv = [
    "-H",
    socket,
    "--data-root",
    `${folder}/data`,
    "--exec-root",
    `${folder}/exec`,
    "--pidfile",
    `${folder}/pid`,
    "--bridge",
    "none",
    "--iptables=false",
  ];
  const daemon = spawn("dockerd", argv, { stdio: "ignore" });
  const env = { DOCKER_HOST: socket, COMPOSE_PROJECT_NAME: "ladingbench" };
  for (let tries = 0; spawnSync("docker", ["version"], { env: { ...process.env, ...env } }).status !== 0; tries += 1) {
    if (tries > 300) throw new Error("dockerd did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  mkdirSync(join(folder, "image/bin"), { recursive: true });
  cpSync("/bin/busybox", join(folder, "image/bin/busybox"));
  run(["tar", "-C", join(folder, "image"), "-cf", join(folder, "image.tar"), "."]);
  run(["docker", "import", join(folder, "image.tar"), "bench:latest"], { env });
  const services = Array.from(
    { length: containers },
    (_, index) =>
      `  bench-${index}:\n    image: bench:latest\n    command: ["/bin/busybox", "sleep", "100000"]\n    stop_grace_period: 0s\n`,
  );
  writeFileSync(join(folder, "project/docker-compose.yml"), `version: "3"\nservices:\n${services.join("")}`);
  const up = () => run(["docker-compose", "up", "-d"], { env, cwd: join(folder, "project") });
  const stop = async () => {
    spawnSync("docker-compose", ["down", "-t", "0"], { env: { ...process.env, ...env }, cwd: join(folder, "project") });
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill("SIGTERM");
    await ended;
  };
  return { up, stop };
}

async function benchUnchanged() {
  const file = declareMany();
  const apply = () => run([process.execPath, main, "apply", file, "--yes"], { env: lading });
  apply();
  const compose = await startCompose();
  try {
    compose.up();
    compare(
      `lading apply unchanged, ${containers} containers`,
      apply,
      "docker-compose up -d unchanged, on dockerd",
      compose.up,
      1 / 5,
    );
  } finally {
    await compose.stop();
    run([process.execPath, main, "down", "--yes", "--volumes"], { env: lading });
  }
}

try {
  benchCheck();
  await benchUnchanged();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (missed > 0) console.log(`${missed} over the bar`);
process.exitCode = missed > 0 ? 1 : 0;
