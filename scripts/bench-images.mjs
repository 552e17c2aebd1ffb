// Images: building, building again, and handing over to Podman, beside buildah, Docker, tar, mmdebstrap and apt-get.
// The root that is packed is made of this host's own files: 200 MB in about 10,000 of them.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDocker } from "./bench-docker.mjs";

const project = join(dirname(fileURLToPath(import.meta.url)), "..");
const main = join(project, "dist/cli/main.js");
const rounds = Number(process.argv[2] ?? 3);
const only = process.argv[3];
const scratch = mkdtempSync("/var/tmp/lading-bench-");
let missed = 0;

/** Runs a command to its end: seconds of wall and processor, and the most memory in MiB. */
function run(argv, { env = {}, cwd = scratch, input } = {}) {
  const usage = join(scratch, "usage");
  const timed = ["/usr/bin/time", "-o", usage, "-f", "%e %U %S %M", ...argv];
  const { status, stdout, stderr } = spawnSync(timed[0], timed.slice(1), {
    ...{ cwd, input, encoding: "utf8", maxBuffer: 1 << 28, env: { ...process.env, ...env } },
  });
  if (status !== 0) throw new Error(`${argv.join(" ")} exited with ${status}: ${stdout}${stderr}`);
  const [wall, user, system, kib] = readFileSync(usage, "utf8").trim().split("\n").at(-1).split(" ").map(Number);
  return { wall, processor: user + system, memory: kib / 1024, stdout };
}

const sh = (script, options) => run(["sh", "-c", script], options);
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** Both in turn; the median of the pairs' ratios against the bar. */
function compare(title, measure, ours, peerName, peer, bar) {
  const pairs = Array.from({ length: rounds }, () => [ours()[measure], peer()[measure]]);
  const ratio = median(pairs.map(([a, b]) => a / b));
  if (!(ratio <= bar)) missed += 1;
  const figures = [0, 1].map((side) => median(pairs.map((pair) => pair[side])).toFixed(2));
  console.log(
    `${title} (${measure}): ${figures[0]} s; ${peerName}: ${figures[1]} s; ratio ${ratio.toFixed(2)}, ${ratio <= bar ? "within" : "OVER"} the bar of ${bar.toFixed(2)}`,
  );
}

function limit(title, value, unit, bar) {
  if (!(value <= bar)) missed += 1;
  console.log(`${title}: ${value.toFixed(2)} ${unit}, ${value <= bar ? "within" : "OVER"} the bar of ${bar}`);
}

async function part(name, peers, body) {
  if (only !== undefined && only !== name) return;
  const missing = peers.filter((each) => spawnSync("which", [each]).status !== 0);
  if (missing.length > 0) {
    missed += 1;
    console.log(`NOT MEASURED: ${name}: no ${missing.join(", ")} here`);
    return;
  }
  await body();
}

/** Copies files of this host until there are enough. */
function makeRoot(path) {
  let [bytes, count] = [0, 0];
  const take = (from, to) => {
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      if (bytes > 200e6 || count > 10_000) return;
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isDirectory()) take(source, target);
      else if (entry.isFile()) {
        const { size } = statSync(source);
        // Large programs make up the bytes, small files the number.
        if (size > 20e6) continue;
        mkdirSync(to, { recursive: true });
        cpSync(source, target);
        bytes += size;
        count += 1;
      }
    }
  };
  for (const folder of [
    "/usr/share/doc",
    "/usr/lib/python3",
    "/usr/share/perl",
    "/usr/include",
    "/usr/bin",
    "/usr/lib/x86_64-linux-gnu",
  ])
    if (existsSync(folder) && count < 10_000) take(folder, join(path, folder));
  return { bytes, count };
}

/** A declaration of one image, and how it is built into a store of its own. */
function image(name, entries, packOptions = "{}") {
  const file = join(scratch, `${name}.ts`);
  writeFileSync(
    file,
    `import { debian, homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service } from "lading";
const image = ociImage({ repository: "${name}", packOptions: ${packOptions}, value: manifest([${entries}]) });
export default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ image, autoStart: false })] })] });
`,
  );
  let state = 0;
  const env = (fresh) => {
    if (fresh || state === 0) state += 1;
    return { LADING_STATE: join(scratch, `${name}-${state}`), LADING_RUNTIME: join(scratch, "run") };
  };
  return {
    file,
    build: ({ fresh }) => run([process.execPath, main, "image", "build", file], { env: env(fresh) }),
    lading: (...args) => run([process.execPath, main, ...args], { env: env(false) }),
  };
}

const root = join(scratch, "root");
const { bytes, count } = makeRoot(root);
console.log(`a root of ${(bytes / 1e6).toFixed(0)} MB in ${count} files`);
const tree = `localTree("${root}", { target: "/" })`;

await part("root", ["buildah", "openssl"], () => {
  const plain = image("plain", tree);
  const buildah = () =>
    sh(
      `set -e; container=$(buildah from scratch); buildah copy -q $container ${root} / > /dev/null; buildah commit -q --disable-compression $container oci:${mkdtempSync(join(scratch, "buildah-"))} > /dev/null; buildah rm $container > /dev/null`,
    );
  const ours = () => plain.build({ fresh: true });
  compare("a root to an OCI layout", "processor", ours, "buildah from scratch, copy, commit", buildah, 1 / 6);
  compare(
    "a root to an OCI layout",
    "processor",
    ours,
    "tar | openssl sha256",
    () => sh(`tar -C ${root} -cf - . | openssl sha256`),
    2.2,
  );
  limit("memory while it is built", ours().memory, "MiB", 200);
});

await part("compression", ["zstd", "gzip"], () => {
  const zstd = image("zstd", tree, '{ compression: "zstd" }');
  const gzip = image("gzip", tree, '{ compression: "gzip" }');
  const pack = (program) => () => sh(`tar -C ${root} -cf - . | ${program} > ${join(scratch, "packed")}`);
  compare("a root with zstd", "wall", () => zstd.build({ fresh: true }), "tar | zstd -3", pack("zstd -3"), 1.4);
  compare("a root with gzip", "wall", () => gzip.build({ fresh: true }), "tar | gzip -6", pack("gzip -6"), 0.8);
});

/** One file of 250 in the topmost layer is replaced, or none. */
await part("again", ["buildah", "docker", "skopeo"], async () => {
  const app = join(scratch, "app");
  mkdirSync(app);
  for (let index = 0; index < 250; index += 1) writeFileSync(join(app, `${index}.js`), `// ${index}\n`.repeat(1000));
  const change = () => writeFileSync(join(app, "0.js"), `// ${process.hrtime.bigint()}\n`.repeat(1000));
  const ours = image("again", `${tree}, localTree("${app}", { target: "/app" })`);
  const context = join(scratch, "context");
  mkdirSync(context);
  cpSync(root, join(context, "root"), { recursive: true });
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY root /\nCOPY app /app\n");
  const copyApp = `rm -rf ${context}/app; cp -r ${app} ${context}/app; `;
  const node = median(Array.from({ length: 5 }, () => run([process.execPath, "-e", "0"]).wall));
  const storage = ["--root", join(scratch, "storage"), "--runroot", join(scratch, "storage-run")];
  const build = () => ours.build({ fresh: false }).wall;
  const load = () => {
    const { images } = JSON.parse(ours.lading("image", "build", ours.file, "--json").stdout);
    const target = `containers-storage:[overlay@${storage[1]}+${storage[3]}]localhost/again:latest`;
    return run(["skopeo", "--insecure-policy", "copy", "--quiet", `oci:${images[0].path}`, target]).wall;
  };
  const daemon = await startDocker(scratch);
  const docker = () =>
    sh(`${copyApp} docker build -q -t again ${context}`, {
      env: { DOCKER_HOST: daemon.socket, DOCKER_BUILDKIT: "0" },
    }).wall;
  const bud = () => sh(`${copyApp} buildah ${storage.join(" ")} bud -q --layers -t bud ${context}`).wall;
  for (const each of [build, load, docker, bud]) each();
  for (const [what, prepare, dockerBar, budBar] of [
    ["one file changed", change, 1 / 2, 1 / 10],
    ["nothing changed", () => undefined, 1 / 3, 1 / 30],
  ]) {
    const figures = Array.from({ length: rounds }, () => {
      prepare();
      return { build: build(), load: load(), docker: docker(), bud: bud() };
    });
    const of = (name) => median(figures.map((each) => each[name]));
    const ratio = (name) => median(figures.map((each) => (each.build + each.load) / each[name]));
    console.log(
      `${what}: build ${of("build").toFixed(2)} s, into Podman's storage ${of("load").toFixed(2)} s; docker build (its older builder: BuildKit needs buildx, which is no package here) ${of("docker").toFixed(2)} s; buildah bud --layers ${of("bud").toFixed(2)} s`,
    );
    limit(`${what}: beside docker build, older builder`, ratio("docker"), "", dockerBar.toFixed(2));
    limit(`${what}: beside buildah bud --layers`, ratio("bud"), "", budBar.toFixed(3));
    if (prepare === change) limit(`${what}: build, beyond an empty start of Node`, of("build") - node, "s", 0.3);
    else limit(`${what}: load`, of("load") * 1000, "ms", 50);
  }
  await daemon.stop();
});

await part("packages", ["mmdebstrap", "apt-get"], () => {
  const names = [
    "nginx",
    "curl",
    "ca-certificates",
    "git",
    "python3",
    "openssh-client",
    "postgresql-client",
    "rsync",
    "vim-tiny",
    "less",
    "procps",
    "iproute2",
  ];
  const sources = readSources();
  const packages = image(
    "packages",
    `debian({ suite: "bookworm", updates: false, securityMirrors: [] })(${names.map((each) => `"${each}"`).join(", ")})`,
    "{ maxLayers: 10 }",
  );
  packages.lading("lock", packages.file);
  const { length } = JSON.parse(readFileSync(packages.file.replace(/ts$/, "lock.json"), "utf8")).packages[0].packages;
  packages.build({ fresh: false });
  // What was fetched stays; what was built from it goes.
  const again = () => {
    const store = join(scratch, "packages-1", "store");
    sh(
      `chmod -R u+w ${store}; cd ${store}; for item in *; do case $item in *.deb) ;; *) rm -rf "$item" ".items/$item";; esac; done`,
    );
    return packages.build({ fresh: false });
  };
  const cache = join(scratch, "mmdebstrap-cache");
  mkdirSync(cache);
  const strap = () =>
    sh(
      `mmdebstrap --quiet --mode=root --variant=extract --skip=download/empty --setup-hook='mkdir -p "$1"/var/cache/apt/archives; cp ${cache}/*.deb "$1"/var/cache/apt/archives/ 2>/dev/null || true' --customize-hook='cp "$1"/var/cache/apt/archives/*.deb ${cache}/ 2>/dev/null || true' --include=${names.join(",")} bookworm ${join(scratch, "strap.tar")} ${sources}`,
    );
  strap();
  compare(
    `${length} packages, fetched already, to an image`,
    "wall",
    again,
    "mmdebstrap, extracted only",
    strap,
    1 / 4,
  );
  const simulate = join(scratch, "apt");
  sh(
    `mkdir -p ${simulate}/lists/partial ${simulate}/cache/archives/partial; touch ${simulate}/status; echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main' > ${simulate}/sources.list`,
  );
  const apt = [
    "-o",
    `Dir::State::lists=${simulate}/lists`,
    "-o",
    `Dir::Cache=${simulate}/cache`,
    "-o",
    `Dir::State::status=${simulate}/status`,
    "-o",
    `Dir::Etc::sourcelist=${simulate}/sources.list`,
    "-o",
    "Dir::Etc::sourceparts=/dev/null",
  ];
  run(["apt-get", ...apt, "-qq", "update"]);
  const lock = () => {
    rmSync(packages.file.replace(/ts$/, "lock.json"));
    return packages.lading("lock", packages.file);
  };
  const update = () => {
    // apt reads its lists anew, and checks them, as a lock does.
    rmSync(join(simulate, "cache"), { recursive: true, force: true });
    mkdirSync(join(simulate, "cache/archives/partial"), { recursive: true });
    return sh(
      `apt-get ${apt.join(" ")} -qq update && apt-get ${apt.join(" ")} -s -qq install --no-install-recommends ${names.join(" ")} > /dev/null`,
    );
  };
  compare("bookworm main: verified, read, resolved", "wall", lock, "apt-get update and -s install", update, 2);
});

function readSources() {
  return "'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main'";
}

sh(`chmod -R u+w ${scratch}`);
rmSync(scratch, { recursive: true, force: true });
if (missed > 0) console.log(`${missed} over the bar, or not measured`);
process.exitCode = missed > 0 ? 1 : 0;
