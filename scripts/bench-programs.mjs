// Measures the supervisor's programs against other supervisors': how soon 200 of them run, what they cost while nothing
// happens, and how soon one that was killed is back. The peers lie unpacked in a folder of their own: nothing is installed.
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  promises,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  allPids,
  bench,
  commandOf,
  declare,
  env,
  judge,
  main,
  median,
  notMeasured,
  pause,
  pss,
  quantile,
  rounds,
  run,
  scratch,
  statusOf,
  verdict,
} from "./bench-support.mjs";

const count = 200;
/** Seconds for which nothing happens. */
const idlePeriod = 20;

// Each supervisor's programs are told apart by what they are called with; nobody else on this machine sleeps as long.
const sleepers = ["lading", "shepherd", "supervisord", "pm2", "respawned"];
const seconds = (name) => String(1_000_000_000 + process.pid * 10 + sleepers.indexOf(name));
const sleep = (name) => ["/bin/sleep", seconds(name)];
const numbers = Array.from({ length: count }, (_, index) => index);

async function until(what, isSo, milliseconds = 60_000) {
  for (const begin = performance.now(); !isSo(); await pause(5))
    if (performance.now() - begin > milliseconds) throw new Error(`waited in vain until ${what}`);
}
const isThere = (pid) => commandOf(pid) !== "";

function signal(pid, name) {
  try {
    process.kill(Number(pid), name);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** Begins to look for a supervisor's programs: what is there already is not looked at again. */
function watchPrograms(name) {
  const before = new Set(allPids());
  const found = new Set();
  const command = sleep(name).join(" ");
  return async (isUp) => {
    await until(`${count} programs of ${name} run`, () => {
      if (!isUp()) throw new Error(`${name} ended: ${words(name)}`);
      for (const pid of allPids())
        if (!before.has(pid) && !found.has(pid) && commandOf(pid) === command) found.add(pid);
      return found.size >= count;
    });
    return [...found];
  };
}

const logOf = (name) => join(scratch, `${name}.log`);
const words = (name) => (existsSync(logOf(name)) ? readFileSync(logOf(name), "utf8").trim().split("\n").slice(-3) : "");

const children = [];
function launch(name, argv) {
  const log = openSync(logOf(name), "a");
  const child = spawn(argv[0], argv.slice(1), { cwd: "/", env, stdio: ["ignore", log, log], detached: true });
  closeSync(log);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const launched = { child, ended, isUp: () => child.exitCode === null && child.signalCode === null };
  children.push(launched);
  return launched;
}

// ---- us

const declaration = (units) => `import { homeEnvironment, simpleService, supervisorServiceType, unit } from "lading";
export default homeEnvironment({ services: [simpleService("units", supervisorServiceType, [${units}])] });
`;
const programs = declaration(
  `...Array.from({ length: ${count} }, (_, index) => unit({ provision: ["p" + index], stopGrace: 1, start: ${JSON.stringify(sleep("lading"))} }))`,
);

/** Ends the daemon and what it ran, and forgets both, as a boot of the machine does. */
async function endOwn(pid, running) {
  signal(pid, "SIGTERM");
  await until("the daemon has ended", () => !isThere(pid));
  for (const each of running) signal(each, "SIGKILL");
  await until("its programs have ended", () => !running.some(isThere));
  for (const each of ["run", "state/supervisor"]) rmSync(join(scratch, each), { recursive: true, force: true });
}
const endApplied = async () => {
  const { pid, units } = statusOf();
  await endOwn(
    pid,
    units.flatMap((unit) => unit.pid ?? []),
  );
};

/** From the start of the daemon, whose generation has the programs, until all run. */
async function startOwn() {
  const watch = watchPrograms("lading");
  const begin = performance.now();
  const { child, isUp } = launch("lading", [process.execPath, main, "daemon"]);
  const running = await watch(isUp);
  const took = performance.now() - begin;
  // What it does after its last program is over, too: it answers.
  await until("the daemon answers", () => existsSync(join(scratch, "run/control.sock")));
  return { took, pid: child.pid, stop: () => endOwn(child.pid, running) };
}

// ---- the peers

/** Unpacks Debian packages, and all that they need, into a folder of their own. */
function unpack(suite, packages) {
  const folder = join(scratch, suite);
  const apt = join(scratch, `${suite}-apt`);
  for (const each of ["state/lists/partial", "cache/archives/partial"]) mkdirSync(join(apt, each), { recursive: true });
  const targets = run(["apt-get", "indextargets", "--format", "$(REPO_URI)"]).split("\n");
  const mirror = targets.find((each) => each.endsWith("/debian/")) ?? "http://deb.debian.org/debian/";
  const keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
  writeFileSync(join(apt, "sources.list"), `deb [signed-by=${keys}] ${mirror} ${suite} main\n`);
  writeFileSync(join(apt, "status"), "");
  const settings = {
    "Dir::State": join(apt, "state"),
    "Dir::State::status": join(apt, "status"),
    "Dir::Cache": join(apt, "cache"),
    "Dir::Etc::SourceList": join(apt, "sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "APT::Install-Recommends": "false",
    "APT::Sandbox::User": "root",
  };
  const get = ["apt-get", "-qq", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
  run([...get, "update"]);
  run([...get, "--yes", "--download-only", "install", "base-files", "coreutils", "dash", ...packages]);
  const archives = join(apt, "cache/archives");
  const files = readdirSync(archives).filter((name) => name.endsWith(".deb"));
  // First those that say which folders are links.
  for (const name of files.toSorted((a, b) => Number(b.startsWith("base-files")) - Number(a.startsWith("base-files"))))
    run(["dpkg-deb", "--extract", join(archives, name), folder]);
  for (const each of ["dev", "proc", "run", "tmp"]) mkdirSync(join(folder, each), { recursive: true });
  if (!existsSync(join(folder, "bin/sh"))) run(["ln", "-s", "dash", join(folder, "bin/sh")]);
  for (const [name, minor] of [
    ["null", "3"],
    ["urandom", "9"],
  ])
    run(["mknod", "-m", "666", join(folder, "dev", name), "c", "1", minor]);
  return folder;
}

/** A peer's folder, made when it is first needed; throws the same again where it could not be made. */
const folders = new Map();
function folderOf(suite, packages) {
  if (!folders.has(suite)) {
    try {
      folders.set(suite, { folder: unpack(suite, packages) });
    } catch (error) {
      folders.set(suite, { error });
    }
  }
  const { folder, error } = folders.get(suite);
  if (error !== undefined) throw error;
  return folder;
}
const ownSuite = () => /^VERSION_CODENAME=(\S+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "trixie";
/** Of this machine's own release. */
const olderFolder = () => folderOf(ownSuite(), ["supervisor", "runit"]);
const shepherdFolder = () =>
  folderOf("trixie", ownSuite() === "trixie" ? ["shepherd", "supervisor", "runit"] : ["shepherd"]);

/** The folder that a process takes for its root. */
function rootOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch {
    return "";
  }
}
/** Whether a process is a peer's. */
const isInPeer = (pid) => [...folders.values()].some(({ folder }) => folder !== undefined && rootOf(pid) === folder);

/** Runs a peer in its folder; its /proc is seen by itself alone. The clock starts when only its exec(2) is to come. */
async function launchIn(folder, name, argv) {
  const enter = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"';
  const launched = launch(name, ["unshare", "--mount", "sh", "-c", enter, folder, ...argv]);
  const { pid } = launched.child;
  for (;;) {
    if (!launched.isUp()) throw new Error(`${name} did not start: ${words(name)}`);
    if (rootOf(pid) === folder) return { ...launched, begin: performance.now() };
    await pause(1);
  }
}

async function startPeer(folder, name, argv) {
  const watch = watchPrograms(name);
  const { child, ended, isUp, begin } = await launchIn(folder, name, argv);
  const running = await watch(isUp);
  const took = performance.now() - begin;
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await until(`the programs of ${name} have ended`, () => !running.some(isThere));
  };
  return { took, pid: child.pid, stop };
}

async function startSupervisord() {
  const folder = olderFolder();
  const each = `command=${sleep("supervisord").join(" ")}\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n`;
  writeFileSync(
    join(folder, "supervisord.conf"),
    `[supervisord]\nnodaemon=true\nlogfile=/tmp/log\npidfile=/run/supervisord.pid\n${numbers.map((index) => `[program:p${index}]\n${each}`).join("")}`,
  );
  return startPeer(folder, "supervisord", ["/usr/bin/supervisord", "-c", "/supervisord.conf"]);
}

async function startShepherd() {
  const folder = shepherdFolder();
  // It refuses a socket in a folder that others may enter.
  mkdirSync(join(folder, "run/shepherd"), { recursive: true, mode: 0o700 });
  const argv = sleep("shepherd").map((each) => JSON.stringify(each));
  writeFileSync(
    join(folder, "shepherd.scm"),
    `(define units
  (map (lambda (index)
         (service (list (string->symbol (string-append "p" (number->string index))))
                  #:start (make-forkexec-constructor '(${argv.join(" ")}))
                  #:stop (make-kill-destructor)))
       (iota ${count})))
(register-services units)
(start-in-the-background (map service-canonical-name units))
`,
  );
  const files = ["-c", "/shepherd.scm", "-s", "/run/shepherd/socket", "-l", "/tmp/shepherd.log"];
  return startPeer(folder, "shepherd", ["/usr/bin/shepherd", ...files]);
}

const pm2 = { folder: join(scratch, "pm2"), home: join(scratch, "pm2-home") };
const runPm2 = (...args) =>
  run([join(pm2.folder, "node_modules/.bin/pm2"), ...args], {
    env: { ...process.env, PM2_HOME: pm2.home, HOME: scratch },
  });

async function startPm2() {
  mkdirSync(pm2.folder);
  const quiet = ["--no-save", "--silent", "--no-fund", "--no-audit", "--ignore-scripts"];
  run(["npm", "install", "--prefix", pm2.folder, ...quiet, "pm2@6"]);
  const [script, args] = sleep("pm2");
  const apps = numbers.map((index) => ({ name: `p${index}`, script, args, interpreter: "none", exec_mode: "fork" }));
  writeFileSync(join(pm2.folder, "apps.json"), JSON.stringify({ apps }));
  const watch = watchPrograms("pm2");
  runPm2("start", join(pm2.folder, "apps.json"));
  const running = await watch(() => true);
  const stop = async () => {
    runPm2("kill");
    await until("the programs of pm2 have ended", () => !running.some(isThere));
  };
  return { pid: Number(readFileSync(join(pm2.home, "pm2.pid"), "utf8")), stop };
}

// ---- what is measured

/** What a user waits for: the command, from a daemon that runs nothing. */
async function benchApply() {
  const times = [];
  for (let round = 0; round < Math.min(rounds, 3); round += 1) {
    run(declare(declaration("")));
    const apply = declare(programs);
    const begin = performance.now();
    run(apply);
    times.push(performance.now() - begin);
  }
  console.log(`lading apply of ${count} programs, the whole command: ${median(times).toFixed(0)} ms`);
  await endApplied();
}

async function benchStarts() {
  const peers = [
    { name: "supervisord", start: startSupervisord, bar: 0.4 },
    { name: "GNU Shepherd", start: startShepherd, bar: 1 },
  ];
  const title = `start of the daemon until ${count} programs run`;
  for (const { name, start, bar } of peers) {
    const times = { ours: [], peer: [] };
    const once = async (list, begin) => {
      const { took, stop } = await begin();
      list.push(took);
      await stop();
    };
    try {
      // The first time, a peer compiles what it is written in.
      await once([], start);
      for (let round = 0; round < Math.min(rounds, 5); round += 1) {
        await once(times.ours, startOwn);
        await once(times.peer, start);
      }
    } catch (error) {
      notMeasured(`${title}, against ${name}`, error.message);
      continue;
    }
    judge(title, median(times.ours), name, median(times.peer), "ms", bar);
  }
}

/** Resident memory in MB. */
const rss = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Milliseconds of processor time that a process's threads have had: /proc/PID/task/TID/schedstat. */
function processorTime(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((id) => readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]);
  return times.reduce((sum, each) => sum + Number(each), 0) / 1e6;
}

async function benchIdle() {
  const peers = [
    { name: "pm2", start: startPm2, bar: 0.75 },
    { name: "GNU Shepherd", start: startShepherd, bar: 1.75 },
  ];
  const title = `memory of a daemon with ${count} programs (RSS)`;
  const ours = await startOwn();
  const up = [];
  for (const peer of peers) {
    try {
      up.push({ ...peer, ...(await peer.start()) });
    } catch (error) {
      notMeasured(`${title}, against ${peer.name}`, error.message);
    }
  }
  await pause(2_000);
  const before = processorTime(ours.pid);
  const begin = performance.now();
  await pause(idlePeriod * 1000);
  const share = ((processorTime(ours.pid) - before) / (performance.now() - begin)) * 100;
  for (const { name, pid, bar } of up) judge(title, rss(ours.pid), name, rss(pid), "MB", bar);
  const own = [["lading", ours], ...up.map((each) => [each.name, each])];
  console.log(
    `of which their own share (PSS): ${own.map(([name, { pid }]) => `${name} ${pss(pid).toFixed(1)} MB`).join(", ")}`,
  );
  verdict(`processor time of the daemon over ${idlePeriod} s: ${share.toFixed(2)} % of a core`, share, 0.5);
  for (const { stop } of [ours, ...up]) await stop();
}

/** A FIFO into which each life of a program writes a byte first; a reader of it wakes up at once. */
async function lifeLine(folder) {
  const path = join(folder, "life");
  run(["mkfifo", "-m", "666", path]);
  const handle = await promises.open(path, "r+");
  const next = async () => {
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      handle.write(".");
    }, 10_000);
    await handle.read(Buffer.alloc(1), 0, 1);
    clearTimeout(late);
    if (isLate) throw new Error("a program did not come up");
    return performance.now();
  };
  return { next, close: () => handle.close() };
}

async function benchRespawn() {
  const title = "kill of a program until the next one's first instruction";
  const units = numbers.slice(0, 20);
  const life = (path) => `printf . > ${path}; exec ${sleep("respawned").join(" ")}`;
  const lines = [];
  let peer;
  try {
    const folder = olderFolder();
    for (const index of units) {
      mkdirSync(join(folder, `service/p${index}`), { recursive: true });
      writeFileSync(join(folder, `service/p${index}/run`), `#!/bin/sh\n${life("/life")}\n`);
      chmodSync(join(folder, `service/p${index}/run`), 0o755);
    }
    const theirs = await lifeLine(folder);
    const mine = await lifeLine(scratch);
    lines.push(theirs, mine);
    peer = await launchIn(folder, "runit", ["/usr/bin/runsvdir", "/service"]);
    for (const _ of units) await theirs.next();
    run(
      declare(
        declaration(
          `...Array.from({ length: ${units.length} }, (_, index) => unit({ provision: ["p" + index], stopGrace: 1, respawn: true, respawnDelay: 0, respawnLimit: 1000, start: ["/bin/sh", "-c", ${JSON.stringify(life(join(scratch, "life")))}] }))`,
        ),
      ),
    );
    for (const _ of units) await mine.next();
    const times = { ours: [], peer: [] };
    const once = async (list, pid, line) => {
      const begin = performance.now();
      process.kill(pid, "SIGKILL");
      list.push((await line.next()) - begin);
      await pause(30);
    };
    for (let round = 0; round < 2; round += 1) {
      // runit puts off the restart of what did not live for a second.
      await pause(1_500);
      const found = new Map(statusOf().units.map(({ name, pid }) => [name, pid]));
      for (const index of units) {
        await once(times.ours, found.get(`p${index}`), mine);
        const pid = readFileSync(join(folder, `service/p${index}/supervise/pid`), "utf8");
        await once(times.peer, Number(pid), theirs);
      }
    }
    judge(title, median(times.ours), "runit", median(times.peer), "ms", 1);
    const range = (list) => [0.05, 0.95].map((share) => quantile(list, share).toFixed(1)).join("–");
    console.log(`of ${times.ours.length} kills, nine in ten: ${range(times.ours)} ms; runit: ${range(times.peer)} ms`);
  } catch (error) {
    notMeasured(title, error.message);
  } finally {
    for (const line of lines) await line.close();
    if (peer?.isUp()) {
      // SIGHUP: runsvdir(8) ends its runsv, and these their programs.
      peer.child.kill("SIGHUP");
      await peer.ended;
      await until("runit has ended", () => !allPids().some(isInPeer));
    }
  }
}

/** What a part that failed left behind. */
async function cleanUp() {
  for (const { child } of children) child.kill("SIGTERM");
  if (existsSync(join(pm2.home, "pm2.pid"))) runPm2("kill");
  const commands = new Set(sleepers.map((name) => sleep(name).join(" ")));
  // A supervisor that outlives this for a moment must not start them again.
  await until("the supervisors have ended", () => children.every(({ isUp }) => !isUp()), 10_000).catch(() => undefined);
  for (const pid of allPids()) if (isInPeer(pid) || commands.has(commandOf(pid))) signal(pid, "SIGKILL");
}

await bench([benchApply, benchStarts, benchIdle, benchRespawn], cleanUp);
